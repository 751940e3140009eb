using Portolan.Store.Tables;
using Portolan.Watch.Changes;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Recording;

/// <summary>A change as the store has it: what changed, when it was found, and the last look before it.</summary>
/// <param name="Change">What changed.</param>
/// <param name="FoundAt">When it was found.</param>
/// <param name="Since">The last look that saw the state before; it changed between the two. <c>null</c> when unknown.</param>
/// <param name="Machine">Of a chart the machine's name.</param>
public sealed record StoredChange(Change Change, DateTimeOffset FoundAt, DateTimeOffset? Since, string? Machine)
{
    /// <summary>Its number in the store.</summary>
    public long Id { get; init; }

    /// <summary>The change as a row.</summary>
    internal static ChangeRecord ToRecord(
        Change change, long host, long run, DateTimeOffset at, DateTimeOffset? since, ContentTable contents) =>
        new(host, at, (byte)change.Kind)
        {
            Since = since,
            Run = run,
            Name = change.HostName,
            Protocol = change.Protocol,
            Range = change.Ports.IsEmpty ? null : (change.Ports.First.Value, change.Ports.Ranges[^1].Last),
            Ports = change.Ports.Ranges.Count > 1 ? change.Ports.ToString() : null,
            IsCertain = change.IsCertain,
            IsWidened = change.IsWidened,
            DaysLeft = change.DaysLeft,
            Before = SideOf(change.Before, contents),
            After = SideOf(change.After, contents),
        };

    /// <summary>The change of a row.</summary>
    internal static StoredChange Read(ChangeRecord row, string key, ContentTable contents)
    {
        var host = HostKeyText.Read(key, out var machine);
        var ports = row.Ports is { } list ? PortRanges.Read(list)
            : row.Range is { } range ? PortRanges.Of(range.First, range.Last)
            : PortRanges.None;
        var kind = row.Kind < ChangeKinds.All.Count ? (ChangeKind)row.Kind : ChangeKind.State;
        var change = new Change(kind, host)
        {
            HostName = row.Name,
            Protocol = row.Protocol,
            Ports = ports,
            Before = SideOf(row.Before, isSilent: false, contents),
            After = SideOf(row.After, !row.IsCertain, contents),
            IsWidened = row.IsWidened,
            DaysLeft = row.DaysLeft,
        };
        return new StoredChange(change, row.At, row.Since, machine) { Id = row.Id };
    }

    private static ChangeSide SideOf(Side side, ContentTable contents) => new(
        side.Text, side.State is { } state ? StateNumber.Of(state) : null,
        side.Facts is { } facts && FactsText.Of(facts) is { } text ? contents.IdOf(text) : null);

    private static Side SideOf(ChangeSide side, bool isSilent, ContentTable contents) => new(
        side.Text, side.State is { } state ? StateNumber.Read(state) : null,
        side.Facts is { } facts ? FactsText.Read(contents.TextOf(facts)) : null, isSilent);
}

/// <summary>A state as the number that the store holds: what is possible, nmap's word, and whether it rests on silence.</summary>
internal static class StateNumber
{
    /// <summary>The number.</summary>
    public static long Of(StateView state) => (byte)state.States | ((byte)state.Word << 4) | (state.IsSilent ? 1 << 12 : 0);

    /// <summary>The state.</summary>
    public static StateView Read(long number) =>
        new((PossibleStates)(number & 7), (PortState)((number >> 4) & 0xff), (number & (1 << 12)) != 0);
}
