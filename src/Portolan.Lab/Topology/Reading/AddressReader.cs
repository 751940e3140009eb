using System.Globalization;

namespace Portolan.Lab.Topology.Reading;

/// <summary>Reads addresses, ranges of them and prefixes; anything wrong is a fault.</summary>
internal static class AddressReader
{
    /// <summary>Reads an address.</summary>
    public static InternetAddress? Read(TreeScalar at, string text, FaultList faults)
    {
        if (InternetAddress.TryParse(text, out var address) && !address.IsIPv4Mapped)
        {
            return address;
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var hasLength = slash > 0 && InternetAddress.TryParse(text.AsSpan(0, slash), out _);
        faults.Error(
            at, $"{FaultList.Quote(text)} is not an address",
            hasLength ? Advice.Of($"leave out {text[slash..]}") : $"write it as 198.18.0.1 or 2001:db8::1");
        return null;
    }

    /// <param name="at">Where it is written.</param>
    /// <param name="text">It.</param>
    /// <param name="faults">Where faults go.</param>
    /// <param name="mayBeHost">Whether one address may be meant.</param>
    public static AddressPrefix? ReadPrefix(TreeScalar at, string text, FaultList faults, bool mayBeHost = false)
    {
        if (AddressPrefix.TryParse(text, out var prefix) && !prefix.Address.IsIPv4Mapped)
        {
            return prefix;
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && InternetAddress.TryParse(text.AsSpan(0, slash), out var address)
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length <= address.BitCount)
        {
            var whole = AddressPrefix.Of(address, length).ToMachineText();
            faults.Error(
                at, $"{FaultList.Quote(text)} has bits behind its length",
                mayBeHost ? Advice.Of($"leave out /{length} for one host; {whole} is all hosts that it has") : $"did you mean {whole}?");
            return null;
        }

        faults.Error(at, $"{FaultList.Quote(text)} is not a network", $"write it as 198.18.0.0/24 or 2001:db8::/64");
        return null;
    }

    /// <summary>Reads one address, <c>FIRST-LAST</c>, or a prefix.</summary>
    public static (AddressRange Range, bool IsPrefix)? ReadRange(TreeScalar at, FaultList faults)
    {
        var text = at.Text;
        if (text.Contains('/', StringComparison.Ordinal))
        {
            return ReadPrefix(at, text, faults, mayBeHost: true) is { } prefix
                ? (new AddressRange(prefix.Address, prefix.Last), true)
                : null;
        }

        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0)
        {
            return Read(at, text, faults) is { } single ? (new AddressRange(single, single), false) : null;
        }

        if (Read(at, text[..dash].Trim(), faults) is not { } first
            || Read(at.At(dash + 1), text[(dash + 1)..].Trim(), faults) is not { } last)
        {
            return null;
        }

        if (first.IsIPv4 != last.IsIPv4 || first > last)
        {
            faults.Error(
                at, $"{FaultList.Quote(text)} is not a range",
                first.IsIPv4 == last.IsIPv4 ? Advice.Of($"did you mean {last}-{first}?") : $"both ends are of one family");
            return null;
        }

        return (new AddressRange(first, last), false);
    }

    /// <summary>Checks that addresses are a network's, and hosts can have them.</summary>
    public static bool IsIn(TreeScalar at, AddressRange range, NetworkSpec network, FaultList faults)
    {
        if (NetworkIndex.PrefixOf(network, range.First.IsIPv4) is not { } prefix)
        {
            faults.Error(
                at, $"{range} is {Family(range.First)}, of which the network {FaultList.Quote(network.Name)} has no prefix",
                $"add a prefix to the network, or leave the address out");
            return false;
        }

        var usable = AddressRange.OfHosts(prefix);
        if (prefix.Contains(range.First) && prefix.Contains(range.Last))
        {
            if (range.First >= usable.First && range.Last <= usable.Last)
            {
                return true;
            }

            faults.Error(
                at, $"{(range.First < usable.First ? range.First : range.Last)} is {(range.First < usable.First ? "the address of the network itself" : "the network's broadcast address")}", $"hosts have {usable}");
            return false;
        }

        faults.Error(
            at, $"{range} is outside the network {FaultList.Quote(network.Name)}, {prefix.ToMachineText()}", $"hosts have {usable}");
        return false;
    }

    /// <summary><c>IPv4</c> or <c>IPv6</c>.</summary>
    public static string Family(InternetAddress address) => address.IsIPv4 ? "IPv4" : "IPv6";
}
