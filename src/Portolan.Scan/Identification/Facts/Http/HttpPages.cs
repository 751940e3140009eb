using Portolan.Scan.Identification.Http;

namespace Portolan.Scan.Identification.Facts.Http;

/// <summary>The pages of one web server that facts have asked for: each is fetched once, whatever it tells.</summary>
internal sealed class HttpPages
{
    private readonly Dictionary<string, HttpPage?> _pages = new(StringComparer.Ordinal);

    /// <summary>The answer to a request, which goes on a connection of its own; <c>null</c> where none came.</summary>
    /// <param name="context">The port.</param>
    /// <param name="probe">The request.</param>
    /// <param name="key">What distinguishes it from others: a path.</param>
    public async Task<HttpPage?> AskAsync(FactContext context, ServiceProbe probe, string key)
    {
        if (_pages.TryGetValue(key, out var known))
        {
            return known;
        }

        HttpPage? page = null;
        if (await context.OpenAsync() is { } conversation)
        {
            await using (conversation)
            {
                var reply = await conversation.AskAsync(probe, static reply => HttpReply.TryRead(reply.Span, out var http) && http.IsWhole);
                page = HttpPage.Read(reply, conversation.IsEnded);
            }
        }

        _pages.Add(key, page);
        return page;
    }
}
