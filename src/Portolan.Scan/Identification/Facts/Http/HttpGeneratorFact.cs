namespace Portolan.Scan.Identification.Facts.Http;

/// <summary>What made the page at the root, as it says itself: <c>&lt;meta name="generator"&gt;</c>.</summary>
internal sealed class HttpGeneratorFact() : HttpFact("http-generator", "what made the first page, as its meta tag says")
{
    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context) => await RootAsync(context) is { } page && Generator(page) is { } name
        ? Fact.Of(Id, [FactField.Of("generator", name)], name) : null;

    private static string? Generator(HttpPage page)
    {
        var tag = page.Tag("<meta "u8, "generator"u8);
        return HttpPage.Attribute(tag, "name"u8) is { } name && name.Equals("generator", StringComparison.OrdinalIgnoreCase)
            ? HttpPage.Attribute(tag, "content"u8) : null;
    }
}
