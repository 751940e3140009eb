using Portolan.Model;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Http;

/// <summary>The title of the page at the root, or of the page that it redirects to on the same host and port.</summary>
internal sealed class HttpTitleFact()
    : HttpFact("http-title", "the title of the first page; redirections on the same host and port are followed")
{
    private const int MostRedirections = 4;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [HttpProtocol.Get, HttpPaths.Probe];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        var page = await RootAsync(context);
        var path = "/";
        for (var turn = 0; page is { Status: >= 300 and < 400 } && page.Header("Location") is { } address; turn++)
        {
            var next = turn < MostRedirections ? HttpPaths.Local(context.Target, context.Service.Tunnel is not null, path, address) : null;
            if (next is null || next == path)
            {
                return Fact.Of(Id, [FactField.Of("redirect_url", address)], $"Did not follow redirect to {address}");
            }

            path = next;
            page = await context.Pages.AskAsync(context, HttpPaths.Probe.ForPath(path), path);
        }

        return page is null ? null : Describe(page, path, context);
    }

    private Fact Describe(HttpPage page, string path, FactContext context)
    {
        var title = page.Between("<title"u8, "</title"u8);
        var kind = page.Header("Content-Type");
        var line = title ?? (kind is null ? "Site doesn't have a title." : $"Site doesn't have a title ({kind}).");
        List<FactField> fields = title is null ? [] : [FactField.Of("title", title)];
        if (path != "/")
        {
            line = $"{line}\nRequested resource was {path}";
            fields.Add(FactField.Of("redirect_url",
                $"{(context.Service.Tunnel is null ? "http" : "https")}://{context.Target.Host}:{context.Target.Port}{path}"));
        }

        return Fact.Of(Id, fields, line);
    }
}
