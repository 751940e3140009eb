using System.Text.Json.Serialization;
using Portolan.Watch.Changes;
using Portolan.Watch.Recording;

namespace Portolan.Watch.Documents;

/// <summary>A change of a host or of its ports.</summary>
public record ReportedChangeRecord
{
    private protected ReportedChangeRecord(Change change)
    {
        Change = change.Kind.Name();
        Host = new ChangedHostRecord(
            HostNameRecord.AddressOf(change.Host), change.HostName, HostNameRecord.SpaceOf(change.Host));
        Protocol = change.Protocol?.Name();
        Port = change.Ports.Count == 1 ? change.Ports.First.Value : null;
        Ports = change.Ports.IsEmpty ? null : change.Ports.ToString();
        Count = change.Ports.Count;
        Certain = change.IsCertain;
        Before = new SideRecord(change.Before);
        After = new SideRecord(change.After);
        Widened = change.IsWidened;
        DaysLeft = change.DaysLeft;
    }

    /// <summary>What changed: see <see cref="ChangeKinds"/>.</summary>
    public string Change { get; }

    /// <summary>Where.</summary>
    public ChangedHostRecord Host { get; }

    /// <summary>The protocol of the ports; <c>null</c> for a change of the host.</summary>
    public string? Protocol { get; }

    /// <summary>The port; <c>null</c> unless it is one.</summary>
    public int? Port { get; }

    /// <summary>The ports as a list; <c>null</c> for none.</summary>
    public string? Ports { get; }

    /// <summary>How many ports.</summary>
    public int Count { get; }

    /// <summary>Whether lost packets do not explain the new state.</summary>
    public bool Certain { get; }

    /// <summary>The side of the earlier result.</summary>
    public SideRecord Before { get; }

    /// <summary>The side of the later result.</summary>
    public SideRecord After { get; }

    /// <summary>Of a bind, whether it reaches further than before.</summary>
    public bool Widened { get; }

    /// <summary>Of a certificate that expires, whole days that were left; otherwise <c>null</c>.</summary>
    public int? DaysLeft { get; }

    /// <summary>A change as documents have it.</summary>
    public static ReportedChangeRecord Of(Change change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return new ReportedChangeRecord(change);
    }
}

/// <summary>The host of a change. Hostile text.</summary>
/// <param name="Address">Its address; <c>null</c> for a chart.</param>
/// <param name="Name">Its name, or <c>null</c>.</param>
/// <param name="Namespace">Of a chart, the network namespace; <c>null</c> for the machine's own.</param>
public sealed record ChangedHostRecord(string? Address, string? Name, string? Namespace);

/// <summary>One side of a change.</summary>
public sealed record SideRecord : FactsRecord
{
    internal SideRecord(Side side)
        : base(side.Facts) => (Text, State, Silent) = (side.Text, side.State?.Text, side.IsSilent);

    /// <summary>What was there, for people, or <c>null</c>. Hostile text.</summary>
    public string? Text { get; }

    /// <summary>The state of the ports; <c>null</c> for a change of a host.</summary>
    public string? State { get; }

    /// <summary>Whether it rests on silence.</summary>
    public bool Silent { get; }
}

/// <summary>A change that the store has.</summary>
public sealed record StoredChangeRecord : ReportedChangeRecord
{
    private StoredChangeRecord(StoredChange stored)
        : base(stored.Change) =>
        (FoundAt, PreviousLook, Machine) = (stored.FoundAt.UtcDateTime, stored.Since?.UtcDateTime, stored.Machine);

    /// <summary>When it was found, UTC.</summary>
    [JsonPropertyOrder(-1)]
    public DateTime FoundAt { get; }

    /// <summary>The last look before it, UTC; <c>null</c> where that is not known.</summary>
    [JsonPropertyOrder(-1)]
    public DateTime? PreviousLook { get; }

    /// <summary>Of a chart, the machine's name. Hostile text.</summary>
    [JsonPropertyOrder(-1)]
    public string? Machine { get; }

    /// <summary>A change as documents have it.</summary>
    public static StoredChangeRecord Of(StoredChange stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        return new StoredChangeRecord(stored);
    }
}
