using System.Globalization;
using Portolan.Firewall.Changing.Statements;
using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Forwarding;

/// <summary>
/// The table that remembers which settings forwards have changed, and closes what those settings open beside the forwards. It lives in the
/// kernel as the settings do: it is of the same namespace, outlives the process, and is gone after a restart of the host, as they are.
/// </summary>
internal static class SettingsTable
{
    /// <summary>The table's name.</summary>
    public const string Name = "portolan_forward_settings";

    private const string Settings = "settings";
    private const string Comment = "settings changed by portolan forward; its next run, or portolan forward --restore, restores them";
    private const string Strangers = "strangers";
    private const string FromOutside = "from_outside";
    private const string ToOutside = "to_outside";

    private const int Raw = -300; // NF_IP_PRI_RAW
    private const int Filter = 0; // NF_IP_PRI_FILTER
    private const int BehindSourceNat = 110;
    private const uint DestinationTranslated = 1 << 5; // IPS_DST_NAT
    private const uint Loopback = 1; // LOOPBACK_IFINDEX
    private const byte ToThisHost = 0; // PACKET_HOST

    /// <summary>A batch that puts the table in place of the one there is; without settings it only takes that away.</summary>
    /// <param name="settings">What was changed.</param>
    /// <param name="origin">Where.</param>
    public static NetfilterBatch Batch(IReadOnlyList<HostSetting> settings, TableOrigin origin)
    {
        var batch = new NetfilterBatch();
        var table = new InetTableWriter(batch, Name);

        // A table that is not there cannot be deleted: it is made first.
        table.Create(TableFlags.None, mayExist: true);
        table.Delete();
        if (settings.Count == 0)
        {
            return batch;
        }

        table.Create(TableFlags.None, mayExist: true, Comment);
        table.Set(Settings, SetKeyKind.Number32);
        table.Add(
            Settings,
            ((string[])[origin.ToNote(), .. settings.Select(static s => s.ToNote())]).Select(
                static (note, i) => (KeyBytes.Of((uint)i), (string?)string.Create(CultureInfo.InvariantCulture, $"{i} {note}"))));
        table.BaseChain(Strangers, "filter", HookPoint.Forward, Filter);
        PassLedOn(table);
        CloseToStrangers(table, settings, isIPv4: true);
        CloseToStrangers(table, settings, isIPv4: false);
        if (settings.Any(s => s.Name == ForwardSettings.LoopbackRouting))
        {
            CloseLoopback(table);
        }

        return batch;
    }

    /// <summary>What the kernel's table says, and where it was written; nothing and <c>null</c> where there is none.</summary>
    /// <exception cref="Portolan.Linux.LinuxException">The kernel does not tell.</exception>
    /// <exception cref="PortolanException">It says something that no forward wrote.</exception>
    public static (IReadOnlyList<HostSetting> Settings, TableOrigin? Origin) Read()
    {
        var found = new SortedDictionary<int, HostSetting>();
        TableOrigin? origin = null;
        foreach (var note in NetfilterList.Comments(Name, Settings))
        {
            var space = note.IndexOf(' ', StringComparison.Ordinal);
            if (space > 0 && note.AsSpan(0, space) is "0" && TableOrigin.TryParse(note[(space + 1)..], out var written))
            {
                origin = written;
                continue;
            }

            if (space <= 0 || !int.TryParse(note.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || !HostSetting.TryParse(note[(space + 1)..], out var setting))
            {
                throw new PortolanException(
                    $"the table inet {Name} contains a note that is not from a forward: '{note}'",
                    $"inspect it with nft list table inet {Name}, restore the settings yourself, and remove it: nft delete table inet "
                        + $"{Name}",
                    ExitCode.Failed);
            }

            found[number] = setting;
        }

        return ([.. found.Values], origin);
    }

    // A host that was no router is none now either: only what is forwarded passes. What connection tracking takes for invalid has no status
    // at all, and so the one that passes is named and not the others.
    private static void CloseToStrangers(InetTableWriter table, IReadOnlyList<HostSetting> settings, bool isIPv4)
    {
        var opened = settings.Where(s => s.Opens && s.IsIPv4 == isIPv4).ToList();
        if (opened.Count == 0)
        {
            return;
        }

        var isAll = opened.Exists(s => s.Interface == 0);
        var set = isIPv4 ? "opened4" : "opened6";
        if (!isAll)
        {
            // By number, for names change.
            table.Set(set, SetKeyKind.InterfaceIndex);
            table.Add(set, opened.Select(s => (KeyBytes.Of((uint)s.Interface), (string?)null)));
        }

        table.Rule(Strangers, rule =>
        {
            new FamilyStatement(isIPv4).Write(rule);
            if (!isAll)
            {
                rule.Meta(MetaKey.InputInterface);
                rule.Lookup(set, isNegated: false);
            }

            // What is sent to groups passes without forwarding being on.
            rule.Meta(MetaKey.PacketType);
            rule.Compare(CompareOperation.Equal, [ToThisHost]);
            rule.Counter(default);
            rule.Verdict(VerdictKind.Drop);
        });
    }

    private static void PassLedOn(InetTableWriter table) => table.Rule(Strangers, static rule =>
    {
        rule.Connection(ConnectionKey.Status);
        rule.Mask(DestinationTranslated);
        rule.Compare(CompareOperation.NotEqual, 0);
        rule.Verdict(VerdictKind.Accept);
    });

    // With route_localnet the kernel does not refuse these any more (ip_route_input_slow, __mkroute_output).
    private static void CloseLoopback(InetTableWriter table)
    {
        table.BaseChain(FromOutside, "filter", HookPoint.Prerouting, Raw);
        table.BaseChain(ToOutside, "filter", HookPoint.Postrouting, BehindSourceNat);
        Close(FromOutside, MetaKey.InputInterface, isSource: false);
        Close(FromOutside, MetaKey.InputInterface, isSource: true);
        Close(ToOutside, MetaKey.OutputInterface, isSource: true);

        void Close(string chain, MetaKey side, bool isSource) => table.Rule(chain, rule =>
        {
            rule.Meta(side);
            rule.Compare(CompareOperation.NotEqual, Loopback);
            new AddressStatement(IsIPv4: true, isSource, new Interval(0x7f00_0000, 0x7fff_ffff), null).Write(rule);
            rule.Counter(default);
            rule.Verdict(VerdictKind.Drop);
        });
    }
}
