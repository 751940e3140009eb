using Portolan.Lab.Topology;

namespace Portolan.Lab.Truth;

/// <summary>To which part of the lab an address belongs.</summary>
public enum AddressRole : byte
{
    /// <summary>The address is unassigned.</summary>
    Nobody,

    /// <summary>A host's.</summary>
    Host,

    /// <summary>A router's.</summary>
    Router,

    /// <summary>The vantage's own: what is found there is the machine's, not the lab's.</summary>
    Vantage,
}

/// <summary>
/// Addresses in a row whose ports have the same truth: a range of a hundred thousand hosts is one span unless a rule distinguishes them.
/// </summary>
/// <param name="Addresses">The addresses, of one network.</param>
/// <param name="Role">What they are.</param>
/// <param name="Network">The name of their network.</param>
public sealed record TruthSpan(AddressRange Addresses, AddressRole Role, string Network)
{
    /// <summary>The host or the range of hosts; <c>null</c> unless they are one's.</summary>
    public HostSpec? Host { get; init; }

    /// <summary>The router; <c>null</c> unless the address is one's.</summary>
    public RouterSpec? Router { get; init; }

    /// <summary>
    /// The name of an address's host or router, numbered in a range as the lab names it: <c>pc-3</c>; <c>null</c> when none has it.
    /// </summary>
    public string? NameOf(InternetAddress address)
    {
        if (Host is not { IsRange: true } range)
        {
            return Host?.Name ?? Router?.Name;
        }

        var number = UInt128.One;
        foreach (var addresses in range.Addresses)
        {
            if (addresses.Contains(address))
            {
                return string.Create(
                    System.Globalization.CultureInfo.InvariantCulture, $"{range.Name}-{number + address.Number - addresses.First.Number}");
            }

            number += addresses.Count;
        }

        return range.Name;
    }
}
