using Portolan.Model;

namespace Portolan.Scan.Names;

/// <summary>Finds the addresses of a name. Safe to use from several threads at once.</summary>
public interface INameLookup
{
    /// <summary>Looks a name up. A name that does not exist, or without an answer, is an answer, not an exception.</summary>
    /// <param name="name">The name in ASCII, without a dot at the end.</param>
    /// <param name="families">Which addresses are wanted.</param>
    /// <param name="cancellation">Ends the wait.</param>
    Task<NameAnswer> LookUpAsync(string name, AddressFamilies families, CancellationToken cancellation);
}

/// <summary>Families of addresses.</summary>
[Flags]
public enum AddressFamilies
{
    /// <summary>IPv4 addresses (A records).</summary>
    IPv4 = 1,

    /// <summary>IPv6 addresses (AAAA records).</summary>
    IPv6 = 2,

    /// <summary>IPv4 and IPv6.</summary>
    Both = IPv4 | IPv6,
}

/// <summary>What looking a name up came to.</summary>
/// <param name="Name">The name that was asked for.</param>
/// <param name="Addresses">Its addresses, IPv4 first, each family in the order of the answer; empty when there are none.</param>
/// <param name="Problem">Why there are none, for people, such as <c>no such name</c>; <c>null</c> when there are.</param>
public sealed record NameAnswer(string Name, IReadOnlyList<InternetAddress> Addresses, string? Problem)
{
    /// <summary>The name that aliases (CNAME) led to; <c>null</c> when there were none.</summary>
    public string? CanonicalName { get; init; }

    /// <summary>What was done, in order. Questions for A and AAAA records run at the same time.</summary>
    public IReadOnlyList<LookupStep> Steps { get; init; } = [];
}
