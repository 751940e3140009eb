using System.Text.Json;
using Portolan.Scan.Formats.Reading;

namespace Portolan.Watch.Snapshots;

/// <summary>The protocols whose sockets a chart lacks, by network namespace: a port without a row need not be closed there.</summary>
internal sealed class UnseenSockets
{
    private readonly HashSet<(string Space, TransportProtocol Protocol)> _known = [];
    private readonly HashSet<string> _wholeSpaces = new(StringComparer.Ordinal);
    private bool _isAnything;

    /// <summary>Reads what a document of <c>portolan.chart/1</c> says is missing.</summary>
    /// <remarks>
    /// An entry without a code is of an older version, one with a code that is unknown here of a later one: either may be about any
    /// sockets.
    /// </remarks>
    public static UnseenSockets In(JsonElement chart)
    {
        var unseen = new UnseenSockets();
        foreach (var fact in JsonFields.Items(chart, "missing"))
        {
            if (!MissingFactCodes.TryParse(JsonFields.Text(fact, "code"), out var code))
            {
                unseen._isAnything = true;
            }
            else if (code.HidesSockets())
            {
                unseen.Add(JsonFields.Text(fact, "namespace") ?? "", JsonFields.Text(fact, "protocol"));
            }
        }

        return unseen;
    }

    /// <summary>Whether sockets of a protocol are missing in a namespace; the caller's own is empty.</summary>
    public bool Has(string space, TransportProtocol protocol) =>
        _isAnything || _wholeSpaces.Contains(space) || _known.Contains((space, protocol));

    private void Add(string space, string? name)
    {
        if (!SocketProtocolNames.TryParse(name, out var protocol))
        {
            _wholeSpaces.Add(space);
        }
        else if (protocol.Transport() is { } transport)
        {
            _known.Add((space, transport));
        }
    }
}
