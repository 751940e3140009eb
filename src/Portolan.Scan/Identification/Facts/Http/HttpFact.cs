using Portolan.Model;
using Portolan.Scan.Identification.Http;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Http;

/// <summary>
/// A fact of a web server. Only GET and OPTIONS are sent, to the port itself: no redirection to another host or port.
/// </summary>
internal abstract class HttpFact(string id, string asks) : ServiceFact(id, asks, Spoken)
{
    // Products that have a name of IANA's of their own speak HTTP all the same.
    private static readonly string[] Spoken =
        [.. ((string[])["http", "http-proxy", "websocket"])
            .Concat(HttpProducts.All.Select(static p => p.Service).OfType<string>().Where(static name => name != "rtsp")).Distinct()];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [HttpProtocol.Get];

    /// <summary>The page at the root.</summary>
    protected static Task<HttpPage?> RootAsync(FactContext context) => context.Pages.AskAsync(context, HttpProtocol.Get, "/");
}

/// <summary>What made the page at the root, as it says itself: <c>&lt;meta name="generator"&gt;</c>.</summary>
internal sealed class HttpGeneratorFact() : HttpFact("http-generator", "the generator of the first page, from its meta tag")
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

/// <summary>What a server calls itself in its Server header (RFC 9110 section 10.2.4).</summary>
internal sealed class HttpServerHeaderFact() : HttpFact("http-server-header", "the Server header of the first page")
{
    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context) =>
        await RootAsync(context) is { } page && page.Header("Server") is { } server
            ? Fact.Of(Id, [FactField.Of(null, server)], server) : null;
}
