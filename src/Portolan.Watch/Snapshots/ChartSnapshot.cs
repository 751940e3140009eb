using System.Text.Json;
using Portolan.Scan.Formats.Reading;
using Portolan.Scan.Results;

namespace Portolan.Watch.Snapshots;

/// <summary>Reads <c>portolan.chart/1</c>: the ports that a machine listens on. Each network namespace is a host of the snapshot.</summary>
/// <remarks>A chart names every port that is open, so all others are closed, except of protocols that it says are missing.</remarks>
internal sealed class ChartSnapshot(Snapshot snapshot)
{
    private static readonly string[] Widths = ["local", "blocked", "limited", "reachable"];
    private readonly Dictionary<(HostKey, EndpointKey), List<JsonElement>> _rows = [];

    /// <summary>Reads the document.</summary>
    /// <exception cref="PortolanException">It is not such a document.</exception>
    public void Read(Stream input)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(input);
        }
        catch (JsonException exception)
        {
            throw new PortolanException(
                $"{snapshot.Source}, line {exception.LineNumber + 1}: not JSON, or truncated",
                $"write it again with portolan --json", ExitCode.Failed, exception);
        }

        using (document)
        {
            Read(document.RootElement);
        }
    }

    private void Read(JsonElement chart)
    {
        if (JsonFields.Text(chart, "schema") != "portolan.chart/1" || chart.TryGetProperty("ports", out var list) == false
            || list.ValueKind != JsonValueKind.Array)
        {
            throw new PortolanException($"{snapshot.Source}: not a document of portolan.chart/1", $"write it with portolan --json");
        }

        snapshot.TakenAt = JsonFields.Time(chart, "takenAt");
        var own = snapshot.HostOf(new HostKey(default, ""));
        (own.Name, own.Status) = (JsonFields.Text(chart, "host"), HostStatus.Up);
        var unseen = UnseenSockets.In(chart);
        NoteMissing(chart);
        foreach (var row in list.EnumerateArray())
        {
            AddRow(row);
        }

        foreach (var ((host, endpoint), rows) in _rows)
        {
            AddEndpoint(snapshot.HostOf(host), endpoint, rows);
        }

        foreach (var host in snapshot.Hosts.Values)
        {
            foreach (var protocol in Protocols)
            {
                if (!unseen.Has(host.Key.Space!, protocol))
                {
                    host.Add(protocol, PortRanges.All.Except(host.CoverageOf(protocol)), StateView.Of(PortState.Closed, isAnswer: true));
                }
            }
        }
    }

    private static ReadOnlySpan<TransportProtocol> Protocols =>
        [TransportProtocol.Tcp, TransportProtocol.Udp, TransportProtocol.UdpLite, TransportProtocol.Sctp, TransportProtocol.Dccp];

    // What is missing in many namespaces is said once.
    private void NoteMissing(JsonElement chart)
    {
        var notes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var fact in JsonFields.Items(chart, "missing"))
        {
            snapshot.IsComplete = false;
            var note = $"{snapshot.Source} lacks {JsonFields.Text(fact, "what")}: {JsonFields.Text(fact, "why")}";
            if (notes.Add(note))
            {
                snapshot.Note(note);
            }
        }
    }

    private void AddRow(JsonElement row)
    {
        if (!JsonFields.TryPort(row, out var protocol, out var port))
        {
            snapshot.Note($"{snapshot.Source}: a row without a port or a protocol is left out");
            return;
        }

        var key = (new HostKey(default, JsonFields.Text(row, "namespace") ?? ""), new EndpointKey(protocol, port));
        if (!_rows.TryGetValue(key, out var rows))
        {
            _rows.Add(key, rows = []);
        }

        rows.Add(row);
    }

    // A row is one owner; several of them may share a port at different addresses.
    private static void AddEndpoint(HostSnapshot host, EndpointKey endpoint, List<JsonElement> rows)
    {
        host.Status = HostStatus.Up;
        host.Add(endpoint.Protocol, PortRanges.Of(endpoint.Port), StateView.Of(PortState.Open, isAnswer: true));
        host.Set(endpoint, new Endpoint
        {
            Owner = OwnersOf(rows),
            Binds = BindsOf(rows),
            Reach = ReachOf(rows),
            Service = ServiceOf(rows),
        });
    }

    private static string? OwnersOf(List<JsonElement> rows)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            if (!row.TryGetProperty("owner", out var owner) || JsonFields.Text(owner, "kind") is "hidden" or null)
            {
                return null;
            }

            names.Add(JsonFields.Text(owner, "name") ?? $"({JsonFields.Text(owner, "kind")})");
        }

        return string.Join(", ", names);
    }

    private static BindFacts? BindsOf(List<JsonElement> rows)
    {
        var (addresses, width) = (new SortedSet<string>(StringComparer.Ordinal), 0);
        foreach (var row in rows)
        {
            foreach (var bind in JsonFields.Items(row, "binds"))
            {
                if (JsonFields.TryAddress(bind, "address", out var address))
                {
                    var on = JsonFields.Text(bind, "interface");
                    addresses.Add(on is null ? address.ToString() : $"{address}%{on}");
                    width = Math.Max(width, address.IsUnspecified && on is null ? 2 : address.IsLoopback || on == "lo" ? 0 : 1);
                }
            }
        }

        return addresses.Count == 0 ? null : new BindFacts([.. addresses], width);
    }

    private static ReachFacts? ReachOf(List<JsonElement> rows)
    {
        ReachFacts? widest = null;
        foreach (var row in rows)
        {
            if (JsonFields.Text(row, "exposure") is not { } exposure || Array.IndexOf(Widths, exposure) < 0)
            {
                return null;
            }

            if (widest is null || Array.IndexOf(Widths, exposure) > Array.IndexOf(Widths, widest.Exposure))
            {
                var verdict = row.TryGetProperty("verdict", out var found) ? found : default;
                widest = new ReachFacts(exposure, JsonFields.Text(verdict, "summary"), JsonFields.Text(verdict, "rule"));
            }
        }

        return widest;
    }

    private static ServiceFacts? ServiceOf(List<JsonElement> rows) =>
        rows.Count == 1 && rows[0].TryGetProperty("identified", out var service) && JsonFields.Text(service, "name") is { } name
            ? new ServiceFacts(
                JsonFields.Text(service, "protocol") ?? name, JsonFields.Text(service, "tunnel"), JsonFields.Text(service, "product"),
                JsonFields.Text(service, "version"), JsonFields.Text(service, "info"))
            : null;
}
