from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from catalog import api, api_browse, api_bulk

app_name = "catalog-api"
urlpatterns = [
    path("products/", api.ProductList.as_view(), name="products"),
    path("products/facets/", api_browse.ProductFacets.as_view(), name="facets"),
    path("products/bulk/", api_bulk.ProductBulk.as_view(), name="bulk"),
    # An article's number may hold slashes.
    path("products/<path:id>/images/", api.ProductImages.as_view(), name="images"),
    path("products/<path:id>/", api.ProductDetail.as_view(), name="product"),
    path("categories/", api_browse.CategoryList.as_view(), name="categories"),
    path("shops/", api_browse.ShopList.as_view(), name="shops"),
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="catalog-api:schema"),
        name="docs",
    ),
]
