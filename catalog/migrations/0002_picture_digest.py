"""Keep PictureDigest in step with ProductImage, whoever writes: the ORM, bulk updates or SQL."""

from django.db import migrations

CREATE = """
CREATE FUNCTION catalog_digest_pictures(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- One writer at a time per product, or two that add a picture each would miss the other's.
    PERFORM 1 FROM catalog_product WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
    DELETE FROM catalog_picturedigest d
     WHERE d.product_id = ANY (ids)
       AND NOT EXISTS (SELECT 1 FROM catalog_productimage i WHERE i.product_id = d.product_id);
    INSERT INTO catalog_picturedigest AS d (product_id, digest)
    SELECT product_id, md5(string_agg(sha256, ' ' ORDER BY position, id))
      FROM catalog_productimage
     WHERE product_id = ANY (ids)
     GROUP BY product_id
    ON CONFLICT (product_id) DO UPDATE SET digest = excluded.digest
     WHERE d.digest <> excluded.digest;
END $$;

CREATE FUNCTION catalog_pictures_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT product_id) INTO ids FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT product_id) INTO ids FROM old_rows;
    ELSE
        SELECT array_agg(DISTINCT product_id) INTO ids
          FROM (SELECT product_id FROM old_rows UNION ALL SELECT product_id FROM new_rows) rows;
    END IF;
    PERFORM catalog_digest_pictures(ids);
    RETURN NULL;
END $$;

CREATE TRIGGER pictures_inserted AFTER INSERT ON catalog_productimage
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_pictures_changed();
CREATE TRIGGER pictures_updated AFTER UPDATE ON catalog_productimage
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_pictures_changed();
CREATE TRIGGER pictures_deleted AFTER DELETE ON catalog_productimage
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_pictures_changed();
"""

DROP = """
DROP TRIGGER pictures_deleted ON catalog_productimage;
DROP TRIGGER pictures_updated ON catalog_productimage;
DROP TRIGGER pictures_inserted ON catalog_productimage;
DROP FUNCTION catalog_pictures_changed();
DROP FUNCTION catalog_digest_pictures(bigint[]);
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
