from django.urls import path

from search import api

app_name = "search-api"
urlpatterns = [
    path("products/<path:id>/similar/", api.SimilarProducts.as_view(), name="similar"),
    path("similar/bulk/", api.SimilarBulk.as_view(), name="similar-bulk"),
    path("events/", api.Events.as_view(), name="events"),
    path("recommend/", api.Recommend.as_view(), name="recommend"),
    path("search/", api.SearchByWords.as_view(), name="search"),
    path("search/suggest/", api.Suggest.as_view(), name="suggest"),
    path("search/image/", api.SearchByPhoto.as_view(), name="search-image"),
]
