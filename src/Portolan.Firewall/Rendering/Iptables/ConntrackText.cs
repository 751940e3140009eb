using System.Globalization;
using System.Text;
using Portolan.Firewall.Xt;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Rendering.Iptables;

/// <summary><c>-m conntrack --ctstate NEW</c>.</summary>
internal static class ConntrackText
{
    /// <summary>The words.</summary>
    public static string Of(ConntrackMatch match)
    {
        var text = new StringBuilder(match.Tests.HasFlag(ConnectionTests.StateAlias) ? "-m state" : "-m conntrack");
        Append(
            ConnectionTests.State, $"{(match.Tests.HasFlag(ConnectionTests.StateAlias) ? "--state" : "--ctstate")} {States(match.States)}");
        Append(ConnectionTests.Protocol, $"--ctproto {IptablesWords.Protocol(match.Protocol)}");
        Append(ConnectionTests.OriginalSource, $"--ctorigsrc {Address(match.OriginalSource)}");
        Append(ConnectionTests.OriginalDestination, $"--ctorigdst {Address(match.OriginalDestination)}");
        Append(ConnectionTests.ReplySource, $"--ctreplsrc {Address(match.ReplySource)}");
        Append(ConnectionTests.ReplyDestination, $"--ctrepldst {Address(match.ReplyDestination)}");
        Append(ConnectionTests.OriginalSourcePort, $"--ctorigsrcport {IptablesWords.Ports(match.OriginalSourcePort)}");
        Append(ConnectionTests.OriginalDestinationPort, $"--ctorigdstport {IptablesWords.Ports(match.OriginalDestinationPort)}");
        Append(ConnectionTests.ReplySourcePort, $"--ctreplsrcport {IptablesWords.Ports(match.ReplySourcePort)}");
        Append(ConnectionTests.ReplyDestinationPort, $"--ctrepldstport {IptablesWords.Ports(match.ReplyDestinationPort)}");
        Append(ConnectionTests.Status, $"--ctstatus {Status(match.Status)}");
        Append(
            ConnectionTests.Expires,
            string.Create(
                CultureInfo.InvariantCulture,
                $"--ctexpire {match.ExpiresMin}{(match.ExpiresMax == match.ExpiresMin ? "" : $":{match.ExpiresMax}")}"));
        if (match.Tests.HasFlag(ConnectionTests.Direction))
        {
            text.Append(match.Inverted.HasFlag(ConnectionTests.Direction) ? " --ctdir REPLY" : " --ctdir ORIGINAL");
        }

        return text.ToString();

        void Append(ConnectionTests test, string words)
        {
            if (match.Tests.HasFlag(test))
            {
                text.Append(' ').Append(IptablesWords.Not(match.Inverted.HasFlag(test))).Append(words);
            }
        }
    }

    /// <summary><c>RELATED,ESTABLISHED</c>, in the order of iptables-save.</summary>
    public static string States(ConnectionStates states)
    {
        (ConnectionStates State, string Name)[] names =
        [
            (ConnectionStates.Invalid, "INVALID"), (ConnectionStates.New, "NEW"), (ConnectionStates.Related, "RELATED"),
            (ConnectionStates.Established, "ESTABLISHED"), (ConnectionStates.Untracked, "UNTRACKED"),
            (ConnectionStates.SourceTranslated, "SNAT"), (ConnectionStates.DestinationTranslated, "DNAT"),
        ];
        return string.Join(',', names.Where(n => states.HasFlag(n.State)).Select(n => n.Name));
    }

    // A single address has no length here.
    private static string Address(AddressMask address) =>
        IptablesWords.Address(address.Address, address.Mask) is var text
            && text.EndsWith(address.Address.IsIPv4 ? "/32" : "/128", StringComparison.Ordinal)
            ? address.Address.ToString()
            : text;

    // IPS_* (linux/netfilter/nf_conntrack_common.h).
    private static string Status(uint bits)
    {
        string[] names = ["EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED"];
        var words = names.Where((_, bit) => (bits & (1u << bit)) != 0).ToList();
        return words.Count == 0 ? "NONE" : string.Join(',', words);
    }
}
