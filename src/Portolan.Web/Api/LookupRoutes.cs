using Portolan.Model.Documents;
using Portolan.Model.Registry;
using Portolan.Reachability.Documents;
using Portolan.Web.Access;

namespace Portolan.Web.Api;

/// <summary>Routes about IANA's registry of services.</summary>
/// <param name="services">The registry.</param>
internal sealed class LookupRoutes(ServiceRegistry services)
{
    /// <summary>How many entries an answer has at most; an export has all.</summary>
    internal const int MostEntries = 2000;

    private const int Piece = 64 * 1024;

    private static readonly Parameter[] Choice =
        [new("query", "words of portolan port, e.g. 443, 443/tcp, https or 8000-8100; other words are searched for")];

    /// <summary>The routes.</summary>
    internal IReadOnlyList<ApiRoute> All =>
    [
        new("GET", "/api/registry", Scope.Read, "IANA's entries of ports and names, as portolan.registry/1.", FindAsync)
        { AnswerType = typeof(RegistryDocument), Parameters = Choice },
        new("GET", "/api/export/registry.json", Scope.Read, "The same as a download.", ExportJsonAsync)
        { AnswerType = typeof(RegistryDocument), Parameters = Choice, TakesTicket = true, IsAudited = true },
        new("GET", "/api/export/registry.csv", Scope.Read, "The same as CSV (RFC 4180).", ExportCsvAsync)
        { MediaType = "text/csv", Parameters = Choice, TakesTicket = true, IsAudited = true },
    ];

    /// <summary>The entries that words mean; those that have the words in their name or description where they mean none.</summary>
    internal static IReadOnlyList<ServiceEntry> Find(ServiceRegistry services, string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var parser = new PortQueryParser(services, null);
        try
        {
            var answer = RegistryAnswer.To([.. words.SelectMany(parser.Parse)], services);
            if (answer.Misses.Count == 0)
            {
                return answer.Entries;
            }
        }
        catch (PortolanException)
        {
            // No form of portolan port: a word of a description, perhaps.
        }

        return services.Search(text);
    }

    private Task FindAsync(ApiExchange exchange) =>
        exchange.AnswerAsync(Document(exchange, MostEntries + 1), ReachabilityDocuments.Default.RegistryDocument);

    private Task ExportJsonAsync(ApiExchange exchange)
    {
        var document = Document(exchange, int.MaxValue);
        return exchange.DownloadAsync(
            "registry.json", "application/json",
            stream => JsonOutput.WriteDocument(stream, document, ReachabilityDocuments.Default.RegistryDocument));
    }

    private Task ExportCsvAsync(ApiExchange exchange)
    {
        var entries = Document(exchange, int.MaxValue).Entries;
        return exchange.DownloadAsync("registry.csv", "text/csv; charset=utf-8", stream => Write(entries, stream));
    }

    // One more than is shown says that there are more.
    private RegistryDocument Document(ApiExchange exchange, int most)
    {
        var text = exchange.Query("query") ?? throw ApiError.BadRequest("bad-parameter", "query is missing.", "For example ?query=443");
        return RegistryDocument.Of(services, null, [.. Find(services, text).Take(most)]);
    }

    private static void Write(IEnumerable<ServiceEntryRecord> entries, Stream output)
    {
        var buffer = new Utf8Writer(output, Piece);
        var csv = new CsvWriter(buffer);
        csv.WriteHeading("port", "end_port", "protocol", "name", "aliases", "description", "status", "category", "reference");
        foreach (var entry in entries)
        {
            csv.Write(entry.Port);
            csv.Write(entry.EndPort);
            csv.Write(entry.Protocol);
            csv.WriteEscaped(entry.Name);
            csv.WriteEscaped(string.Join(' ', entry.Aliases));
            csv.WriteEscaped(entry.Description);
            csv.Write(entry.Status);
            csv.Write(entry.Category);
            csv.WriteEscaped(entry.Reference);
            csv.EndRecord();
        }

        buffer.Flush();
    }
}
