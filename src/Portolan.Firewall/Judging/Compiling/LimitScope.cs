using System.Globalization;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>What a limit counts together.</summary>
/// <param name="Sharing">Who shares it.</param>
/// <param name="Group">Whom it counts together, in words, where <paramref name="Sharing"/> does not tell.</param>
/// <param name="PrefixLength">How many bits of a sender's address are counted together; <c>null</c> where something else is.</param>
internal readonly record struct LimitScope(LimitSharing Sharing, string? Group, int? PrefixLength)
{
    /// <summary>All senders.</summary>
    public static LimitScope All { get; } = new(LimitSharing.AllSenders, null, 0);

    /// <summary>Senders whose addresses begin alike.</summary>
    /// <param name="length">In how many bits.</param>
    /// <param name="isIPv4">The family.</param>
    public static LimitScope Senders(int length, bool isIPv4) => length == 0 ? All
        : length >= (isIPv4 ? 32 : 128) ? new(LimitSharing.EachSender, null, isIPv4 ? 32 : 128)
        : new(LimitSharing.Network, string.Create(CultureInfo.InvariantCulture, $"each /{length} of senders"), length);

    /// <summary>Something else.</summary>
    /// <param name="group">In words.</param>
    public static LimitScope Other(string group) => new(LimitSharing.Other, group, null);
}
