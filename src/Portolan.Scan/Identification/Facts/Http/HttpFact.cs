using Portolan.Model;
using Portolan.Scan.Identification.Http;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Http;

/// <summary>
/// A fact of a web server. Only GET and OPTIONS are sent, to the port itself: no redirection leads to another host or port.
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
