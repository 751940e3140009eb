using System.Globalization;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Forwarding;

/// <summary>What forwards of the kernel would do, for people and for the judge.</summary>
public static class ForwardPlanning
{
    /// <summary>
    /// The tables that would be loaded, as nft writes them; <c>nft -c -f</c> takes the text. That the first belongs to the program is not
    /// in it.
    /// </summary>
    /// <param name="forwards">The forwards.</param>
    /// <param name="settings">The settings that would change.</param>
    public static string Text(IReadOnlyList<KernelForward> forwards, IReadOnlyList<HostSetting> settings)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        RulesetText.Write(Tables(forwards, settings).Select(t => t with { Flags = TableFlags.None }), text, new RuleTextOptions());
        return text.ToString();
    }

    /// <summary>Whether a table is one of a forward that is at work.</summary>
    public static bool IsAtWork(RuleTable table) =>
        table is { Family: RuleFamily.Inet, IsLegacy: false } && table.Flags.HasFlag(TableFlags.Owner) && ForwardTable.IsName(table.Name);

    /// <summary>Whether a table is one that forwards have made.</summary>
    public static bool IsOwn(RuleTable table) =>
        IsAtWork(table) || table is { Family: RuleFamily.Inet, IsLegacy: false, Name: SettingsTable.Name };

    private static IEnumerable<RuleTable> Tables(IReadOnlyList<KernelForward> forwards, IReadOnlyList<HostSetting> settings) =>
    [
        .. ProposedRuleset.Decode(ForwardTable.Batch(ForwardTable.Name, forwards), 0).Tables,
        .. settings.Count == 0 ? [] : ProposedRuleset.Decode(SettingsTable.Batch(settings, TableOrigin.Here("/proc")), 0).Tables,
    ];
}
