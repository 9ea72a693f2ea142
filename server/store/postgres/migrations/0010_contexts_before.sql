-- The contexts of what was published before 0008, as the outlines hold them: of
-- two at one address, the one that was published first.
INSERT INTO framework_contexts (tenant, url, digest)
SELECT DISTINCT ON (tenant, url) tenant, url, sha256(decode(context, 'base64'))
FROM (SELECT tenant, seq, o ->> 'contextURL' AS url, o ->> 'context' AS context
    FROM (SELECT tenant, seq, convert_from(outline, 'UTF8')::json AS o FROM frameworks WHERE outline IS NOT NULL) outlines) contexts
WHERE url <> '' AND context IS NOT NULL
ORDER BY tenant, url, seq
ON CONFLICT DO NOTHING;
