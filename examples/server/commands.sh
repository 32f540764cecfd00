# Five things to ask the demonstration's server. script/demo prints them, README shows them, and a test
# runs each as it stands here. GUERDON_URL and GUERDON_KEY are what script/demo says.

# 1. A member at the counter: balance, tier, what it could have now, what is missing for more.
curl -s "$GUERDON_URL/v1/members/M0007928/summary" -H "Authorization: Bearer $GUERDON_KEY"

# 2. A purchase, and why it earns what it earns. Run it again: the same answer, nothing doubled.
curl -s "$GUERDON_URL/v1/events" -H "Authorization: Bearer $GUERDON_KEY" -H 'Content-Type: application/json' \
    -d '{"type": "purchase", "id": "try-1", "member": "M0007928", "order": "try-1", "items": [{"sku": "SK-1048", "unit_price": "12.50", "quantity": 2}]}'

# 3. One of the two comes back: what it had earned is taken back, to the point.
curl -s "$GUERDON_URL/v1/events" -H "Authorization: Bearer $GUERDON_KEY" -H 'Content-Type: application/json' \
    -d '{"type": "return", "id": "try-2", "order": "try-1", "returns": [{"item": "1", "quantity": 1}]}'

# 4. The balance as the sum of its lots, each down to the event, rule, programme version and values.
curl -s "$GUERDON_URL/v1/members/M0007928/explain?wallet=points" -H "Authorization: Bearer $GUERDON_KEY"

# 5. What another programme would have made of all that happened here.
curl -s "$GUERDON_URL/v1/programme/backtest" -H "Authorization: Bearer $GUERDON_KEY" -H 'Content-Type: application/yaml' \
    --data-binary @examples/programs/shop-simple.yaml
