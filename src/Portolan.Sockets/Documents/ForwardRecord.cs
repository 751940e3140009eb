using System.Text.Json.Serialization;
using Portolan.Sockets.Chart;

namespace Portolan.Sockets.Documents;

/// <summary>Where the packets for a port go that the kernel forwards.</summary>
public record ForwardRecord
{
    private protected ForwardRecord(PortForward forward)
    {
        Address = forward.Address?.ToString();
        Families = (forward.TakesIPv4, forward.TakesIPv6) switch
        {
            (true, true) => ["ipv4", "ipv6"],
            (true, false) => ["ipv4"],
            (false, true) => ["ipv6"],
            _ => [],
        };
        Targets = forward.Targets;
        Allow = forward.Sources.Select(static source => source.ToMachineText());
        Partial = forward.IsPartial;
        KeepSource = forward.KeepsSource;
        By = forward.IsOfPortolan ? "portolan-forward" : "rules";
        Rule = forward.Rule;
    }

    /// <summary>The address of this host; <c>null</c> for all, or where that was not looked at.</summary>
    public string? Address { get; }

    /// <summary><c>ipv4</c>, <c>ipv6</c>.</summary>
    public IReadOnlyList<string> Families { get; }

    /// <summary>Where they go, one after the other where there are several.</summary>
    public IReadOnlyList<string> Targets { get; }

    /// <summary>Prefixes of the senders; none for everyone, or where that was not looked at.</summary>
    public IEnumerable<string> Allow { get; }

    /// <summary>Whether there are packets for the port that are not forwarded.</summary>
    public bool Partial { get; }

    /// <summary>Whether targets see the addresses of clients; <c>null</c> where that was not looked at.</summary>
    public bool? KeepSource { get; }

    /// <summary><c>portolan-forward</c> or <c>rules</c>.</summary>
    public string By { get; }

    /// <summary>The rule. Hostile text.</summary>
    public string Rule { get; }

    /// <summary>The forward of a row; <c>null</c> without one.</summary>
    public static ForwardRecord? Of(PortForward? forward) => forward is null ? null : new ForwardRecord(forward);
}

/// <summary>An element of <c>forwards</c>: a forward with its port and whose it is.</summary>
public sealed record ListedForwardRecord : ForwardRecord
{
    private ListedForwardRecord(PortForward forward)
        : base(forward)
    {
        Protocol = forward.Protocol.Name();
        Port = forward.Port.Value;
        Owners = forward.Processes.Select(ProcessRecord.Of);
    }

    /// <summary><c>tcp</c> or <c>udp</c>, of the packets that the rule forwards.</summary>
    [JsonPropertyOrder(-2)]
    public string Protocol { get; }

    /// <summary>The port of this host that the rule forwards.</summary>
    [JsonPropertyOrder(-1)]
    public int Port { get; }

    /// <summary>The processes that hold it.</summary>
    [JsonPropertyOrder(1)]
    public IEnumerable<ProcessRecord> Owners { get; }

    /// <summary>All of them; <c>null</c> where the firewall rules could not be read.</summary>
    public static IEnumerable<ListedForwardRecord>? Of(IReadOnlyList<PortForward>? forwards) =>
        forwards?.Select(static forward => new ListedForwardRecord(forward));
}
