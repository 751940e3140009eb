using System.Text;
using System.Text.Json;
using Portolan.Model;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats.Reading;

/// <summary>Reads a line <c>port</c> of <c>portolan.scan/1</c>.</summary>
internal static class OwnPort
{
    private const int MaxFacts = 64;

    /// <summary>Reads it; the address, the port and the state are known already.</summary>
    public static PortResult Read(JsonElement line, ProbePort port, PortState state)
    {
        _ = ReplyReasonNames.TryParse(JsonFields.Text(line, "reason") ?? "unknown-response", out var reason);
        return new PortResult(port, state, reason, 0, state == PortState.Open ? Evidence.SynAck : Evidence.None, null)
        {
            Banner = JsonFields.Text(line, "banner") is { } banner ? Encoding.UTF8.GetBytes(banner) : default(ReadOnlyMemory<byte>),
            Service = line.TryGetProperty("identified", out var service) && JsonFields.Text(service, "protocol") is { } protocol
                ? new ServiceAnswer(ServiceOutcome.Identified, ReadService(service, protocol))
                : null,
            Facts = ReadFacts(line),
        };
    }

    private static IdentifiedService ReadService(JsonElement service, string protocol) => new(Cut(protocol)!)
    {
        Product = Cut(JsonFields.Text(service, "product")),
        Version = Cut(JsonFields.Text(service, "version")),
        Info = Cut(JsonFields.Text(service, "info")),
        Tunnel = JsonFields.Text(service, "tunnel") == "ssl" ? "ssl" : null,
    };

    private static List<Fact>? ReadFacts(JsonElement line)
    {
        List<Fact>? facts = null;
        foreach (var fact in JsonFields.Items(line, "facts"))
        {
            if (JsonFields.Text(fact, "id") is { Length: > 0 } id && (facts?.Count ?? 0) < MaxFacts)
            {
                (facts ??= []).Add(Fact.OfLines(id, JsonFields.Text(fact, "output") ?? ""));
            }
        }

        return facts;
    }

    private static string? Cut(string? text) =>
        text is { Length: > IdentifiedService.MaxTextLength } ? text[..IdentifiedService.MaxTextLength] : text;
}
