from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from catalog import api, views

app_name = "catalog"
urlpatterns = [
    path("", views.browse, name="browse"),
    path("products/<int:pk>/", views.product_page, name="product"),
    path("api/v1/products/", api.ProductList.as_view(), name="api-products"),
    # An article's number may hold slashes.
    path("api/v1/products/<path:id>/", api.ProductDetail.as_view(), name="api-product"),
    path("api/v1/categories/", api.CategoryList.as_view(), name="api-categories"),
    path("api/v1/shops/", api.ShopList.as_view(), name="api-shops"),
    path("api/v1/schema/", SpectacularJSONAPIView.as_view(), name="api-schema"),
    path(
        "api/v1/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="catalog:api-schema"),
        name="api-docs",
    ),
]
