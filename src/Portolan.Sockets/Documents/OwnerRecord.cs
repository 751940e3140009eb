using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Documents;

/// <summary>What kind of thing holds a port.</summary>
/// <param name="Kind">See <see cref="OwnerKindNames"/>.</param>
/// <param name="Name">Unit, container or program; <c>null</c> when unnamed. Hostile text.</param>
/// <param name="ActivatedBy">The socket unit that systemd listens through; <c>null</c> without one.</param>
/// <param name="Grade">Who says that the name is right: see <see cref="NameGrades"/>.</param>
/// <param name="UserUnit">Whether it is a unit of a user's own manager.</param>
public sealed record OwnerRecord(string Kind, string? Name, string? ActivatedBy, string Grade, bool UserUnit)
{
    /// <summary>An owner as documents have it.</summary>
    public static OwnerRecord Of(PortOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        return new OwnerRecord(
            owner.Kind.Name(), owner.Name.Length == 0 ? null : owner.Name, owner.ActivatedBy, owner.Grade.Name(), owner.IsUserUnit);
    }

    /// <summary>The processes of an owner, the one that speaks for the rest first; <c>null</c> where privilege hides them.</summary>
    public static IEnumerable<ProcessRecord>? ProcessesOf(PortOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        return owner.Kind == OwnerKind.Hidden ? null : owner.Processes.Select(ProcessRecord.Of);
    }
}

/// <summary>An address that a socket is bound to.</summary>
/// <param name="Address">The address.</param>
/// <param name="Family"><c>ipv4</c> or <c>ipv6</c>.</param>
/// <param name="DualStack">Whether an IPv6 wildcard also takes IPv4; <c>null</c> where the source does not say.</param>
/// <param name="Interface">The interface that it is bound to, or <c>null</c>. Hostile text.</param>
public sealed record BindRecord(string Address, string Family, bool? DualStack, string? Interface)
{
    /// <summary>The binds of a row in a namespace.</summary>
    public static IEnumerable<BindRecord> Of(IReadOnlyList<PortBind> binds, MachineFacts facts, int namespaceIndex) =>
        binds.Select(bind => new BindRecord(
            bind.Address.ToString(), bind.Address.IsIPv4 ? "ipv4" : "ipv6", bind.DualStack,
            bind.InterfaceIndex == 0 ? null
                : facts.Snapshot.Interfaces.Find(namespaceIndex, bind.InterfaceIndex) ?? $"if{bind.InterfaceIndex}"));
}
