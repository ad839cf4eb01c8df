from django.urls import path

from search import api

app_name = "search"
urlpatterns = [
    path("api/v1/products/<path:id>/similar/", api.SimilarProducts.as_view(), name="api-similar"),
]
