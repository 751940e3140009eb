using System.Text;
using Portolan.Model;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Http;

/// <summary>
/// Which methods a server says that it takes at its root (<c>OPTIONS</c>, RFC 9110 section 9.3.7). None of them is tried.
/// </summary>
internal sealed class HttpMethodsFact() : HttpFact("http-methods", "which methods OPTIONS names; none is tried")
{
    // What changes things, or shows what others sent.
    private static readonly string[] Risky = ["PUT", "DELETE", "TRACE", "TRACK", "CONNECT", "PATCH", "COPY", "MOVE", "MKCOL", "PROPPATCH"];

    private static readonly ServiceProbe Options = new("HTTP OPTIONS /", static target => HttpProtocol.Request(target, "/", "OPTIONS"));

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [Options];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        if (await context.Pages.AskAsync(context, Options, "OPTIONS") is not { Status: < 400 } answer
            || (answer.Header("Allow") ?? answer.Header("Public")) is not { } words)
        {
            return null;
        }

        var methods = words.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(static word => word.ToUpperInvariant()).Distinct().ToList();
        var risky = methods.Intersect(Risky).ToList();
        var text = new StringBuilder("\n  Supported Methods: ").AppendJoin(' ', methods);
        List<FactField> fields = [FactField.List("Supported Methods", methods)];
        if (risky.Count > 0)
        {
            text.Append("\n  Potentially risky methods: ").AppendJoin(' ', risky);
            fields.Add(FactField.List("Potentially risky methods", risky));
        }

        return methods.Count == 0 ? null : Fact.Of(Id, fields, text.ToString());
    }
}
