using System.Globalization;
using Portolan.Firewall.Host;

namespace Portolan.Reachability.Explaining;

/// <summary>Own addresses of IPv6 that the kernel does not answer for: duplicate address detection failed, or goes on.</summary>
internal sealed class AddressLayer(ExplainQuestion question, ExplainFacts facts, bool isIPv4)
{
    private const int MostNamed = 3;

    /// <summary>Ends the explanation where the address asked about is such a one; else a note names those that were left out.</summary>
    /// <param name="result">Where the step goes.</param>
    /// <returns>The answer, or <c>null</c> where the other layers decide.</returns>
    internal FamilyExplanation? Look(FamilyExplanation result)
    {
        if (isIPv4 || question.From is { IsThisMachine: true }
            || facts.Firewall.Host is not { UnusableAddresses: { Count: > 0 } unusable } host)
        {
            return null;
        }

        if (question.Address is not { } asked)
        {
            result.Footnotes.AddRange(unusable.Take(MostNamed).Select(a => $"{Words(host, a)}: packets to it are not answered"));
            return null;
        }

        if (host.Addresses.Any(a => a.Address == asked) || unusable.FirstOrDefault(a => a.Address == asked) is not { } address)
        {
            return null;
        }

        var words = Words(host, address);
        result.Add(new ExplanationStep("route in", LayerResult.Fail, words));
        var name = host.Interface(address.InterfaceIndex)?.Name ?? "";
        if (!address.IsDuplicate)
        {
            result.Fixes.Add($"ip -6 address show dev {name} tentative    # detection takes about a second once the link is up");
            return result.Depends("time", words);
        }

        var prefix = string.Create(CultureInfo.InvariantCulture, $"{asked}/{address.PrefixLength}");
        result.Fixes.Add(
            $"sudo ip -6 address del {prefix} dev {name}    # then add an address that no other host on the link has");
        return result.End(ReachVerdict.Unreachable, null, words);
    }

    private static string Words(HostFacts host, HostAddress address)
    {
        var text = $"{address.Address} on {host.Interface(address.InterfaceIndex)?.Name ?? "an interface"}";
        return address.IsDuplicate
            ? $"{text} failed duplicate address detection: another host on the link has it"
            : $"{text} is tentative: duplicate address detection is not finished";
    }
}
