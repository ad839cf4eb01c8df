"""Pages for shoppers, each in every language; the API's addresses are in search.api_urls."""

from django.urls import path

from search import views

app_name = "search"
urlpatterns = [
    path("products/<int:pk>/similar/", views.similar_items, name="similar"),
    path("suggest/", views.suggest, name="suggest"),
    path("photo/", views.photo, name="photo"),
]
