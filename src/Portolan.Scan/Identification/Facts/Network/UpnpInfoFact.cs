using Portolan.Model;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Network;

/// <summary>
/// What a UPnP device says of itself, and where its description is (UPnP Device Architecture 2.0 section 1.3.3). The description is not
/// fetched.
/// </summary>
internal sealed class UpnpInfoFact() : ServiceFact("upnp-info", "the server and the URL of its description, which is not fetched", "ssdp")
{
    /// <inheritdoc/>
    public override IReadOnlyList<TransportProtocol> Transports => [TransportProtocol.Udp];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [SsdpProtocol.Search];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        var rest = (await context.AskByDatagramAsync(SsdpProtocol.Search)).Span;
        if (!rest.StartsWith("HTTP/1.1 200"u8))
        {
            return null;
        }

        var fields = new List<FactField>();
        while (ReplyText.TryLine(ref rest, out var line))
        {
            if (ReplyText.Begins(line, "SERVER:"u8) && ReplyText.Of(line["SERVER:"u8.Length..]) is { } server)
            {
                fields.Add(FactField.Of("Server", server));
            }
            else if (ReplyText.Begins(line, "LOCATION:"u8) && ReplyText.Of(line["LOCATION:"u8.Length..]) is { } location)
            {
                fields.Add(FactField.Of("Location", location));
            }
        }

        return fields.Count == 0 ? null : Fact.Of(Id, fields);
    }
}
