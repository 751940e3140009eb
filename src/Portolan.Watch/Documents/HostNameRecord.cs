using System.Text.Json.Serialization;
using Portolan.Scan.Results;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Documents;

/// <summary>Which host it is. Hostile text.</summary>
/// <param name="Address">Its address; <c>null</c> for a chart, which is of one machine.</param>
/// <param name="Name">Its name, or <c>null</c>.</param>
/// <param name="Machine">Of a chart, the machine's name.</param>
/// <param name="Namespace">Of a chart, the network namespace; <c>null</c> for the machine's own.</param>
public record HostNameRecord(string? Address, string? Name, string? Machine, string? Namespace)
{
    /// <summary>A host as documents have it.</summary>
    public static HostNameRecord Of(KnownHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return new HostNameRecord(AddressOf(host.Key), host.Name, host.Machine, SpaceOf(host.Key));
    }

    internal static string? AddressOf(HostKey key) => key.Space is null ? key.Address.ToString() : null;

    internal static string? SpaceOf(HostKey key) => string.IsNullOrEmpty(key.Space) ? null : key.Space;
}

/// <summary>A host that the store knows.</summary>
public sealed record KnownHostRecord : HostNameRecord
{
    private KnownHostRecord(KnownHost host)
        : base(HostNameRecord.Of(host))
    {
        Status = host.Known.Status.Name();
        FirstLook = host.FirstLook.UtcDateTime;
        LastLook = host.LastLook.UtcDateTime;
        LastChange = host.LastChange?.UtcDateTime;
    }

    /// <summary><c>up</c>, <c>down</c> or <c>unknown</c>.</summary>
    [JsonPropertyOrder(1)]
    public string Status { get; }

    /// <summary>When it was looked at first, UTC.</summary>
    [JsonPropertyOrder(1)]
    public DateTime FirstLook { get; }

    /// <summary>When it was looked at last, UTC.</summary>
    [JsonPropertyOrder(1)]
    public DateTime LastLook { get; }

    /// <summary>When something of it changed last, UTC; <c>null</c> for never.</summary>
    [JsonPropertyOrder(1)]
    public DateTime? LastChange { get; }

    /// <summary>A host as documents have it.</summary>
    public static new KnownHostRecord Of(KnownHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return new KnownHostRecord(host);
    }
}
