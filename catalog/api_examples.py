"""What the API page shows of requests and answers."""

from drf_spectacular.utils import OpenApiExample

PRODUCT = {
    "id": 204,
    "sku": "hobbies-music-string-violin",
    "shop": "demo",
    "title": "Violin / バイオリン",
    "description": "Photo sticker: hobbies, music, string.",
    "category": "Hobbies > Music > String",
    "brand": "",
    "color": "",
    "price": "940.00",
    "currency": "JPY",
    "in_stock": True,
    "url": "",
    "images": [
        {
            "url": "https://shop.example/media/pictures/0f/0f….jpg",
            "thumbnail": "https://shop.example/media/thumbnails/480/0f/0f….webp",
            "width": 400,
            "height": 640,
        }
    ],
}
RECOMMENDATION = {
    "recommendation_id": "eyJsIjoicHJvZHVjdDoyMDQi…",
    "build": 12,
    "fallback": None,
    "results": [
        {
            "product": {
                **PRODUCT,
                "id": 199,
                "sku": "hobbies-music-string-cello",
                "title": "Cello",
            },
            "score": 0.85,
            "image_score": 0.69,
            "text_score": 0.67,
            "why": [
                {"signal": "aligned", "share": 0.6, "words": ["music", "string"]},
                {"signal": "image", "share": 0.4, "words": []},
            ],
        }
    ],
}
WRITTEN = {
    "sku": "vase-9",
    "title": "Blue vase",
    "category": "Home > Vases",
    "price": "19.80",
    "currency": "EUR",
    "stock": 3,
    "attributes": {"height": "30 cm"},
}


def shown(value: object) -> OpenApiExample:
    return OpenApiExample("Answer", value=value, response_only=True, status_codes=["200"])


def sent(value: object, *, media_type: str = "application/json") -> OpenApiExample:
    return OpenApiExample("Request", value=value, request_only=True, media_type=media_type)


PRODUCTS_LISTED = shown(PRODUCT)  # which the schema puts into a page
PRODUCT_READ = shown({**PRODUCT, "attributes": {"licence": "GPL-2+"}})
PRODUCT_WRITTEN = sent(WRITTEN)
PRODUCT_CHANGED = sent({"price": "17.50", "stock": 0})
LINES_WRITTEN = sent(
    '{"sku": "vase-9", "price": "17.50"}\n{"sku": "vase-10", "title": "Green vase"}',
    media_type="application/jsonl",
)
RECOMMENDED = shown(RECOMMENDATION)
MORE_LIKE_THESE = sent(
    {
        "positive": [204, "demo:hobbies-music-string-cello"],
        "negative": ["demo:hobbies-music-string-banjo"],
        "k": 5,
        "mix": "image:1,text:1",
        "filters": {"price_max": 500, "in_stock": True},
    }
)
SEVERAL = sent({"ids": [204, "demo:hobbies-music-string-cello"], "k": 5})
CLICKED = sent([{"recommendation_id": "eyJsIjoi…", "product": 199, "type": "click"}])
