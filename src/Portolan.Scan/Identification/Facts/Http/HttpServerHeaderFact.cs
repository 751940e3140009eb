namespace Portolan.Scan.Identification.Facts.Http;

/// <summary>What a server calls itself in its Server header (RFC 9110 section 10.2.4).</summary>
internal sealed class HttpServerHeaderFact() : HttpFact("http-server-header", "the Server header of the first page")
{
    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context) =>
        await RootAsync(context) is { } page && page.Header("Server") is { } server
            ? Fact.Of(Id, [FactField.Of(null, server)], server) : null;
}
