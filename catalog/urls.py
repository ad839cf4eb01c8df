"""Pages for shoppers, each in every language; the API's addresses are in catalog.api_urls."""

from django.urls import path

from catalog.views.browse import browse
from catalog.views.home import forget_viewed, home
from catalog.views.product import product_page

app_name = "catalog"
urlpatterns = [
    path("", home, name="home"),
    path("products/", browse, name="browse"),
    path("products/<int:pk>/", product_page, name="product"),
    path("viewed/forget/", forget_viewed, name="forget-viewed"),
]
