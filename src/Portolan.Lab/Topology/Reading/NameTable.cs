using System.Globalization;

namespace Portolan.Lab.Topology.Reading;

/// <summary>The names of networks, routers and hosts: one space, in which each name is used once, whatever its case.</summary>
internal sealed class NameTable(FaultList faults)
{
    private readonly Dictionary<string, (string What, TreeScalar At)> _names = new(StringComparer.OrdinalIgnoreCase);
    private ILookup<string, (int Number, TreeScalar At)>? _numbered;

    /// <summary>Takes a name of one label for something; a name that is wrong or taken is a fault.</summary>
    /// <param name="name">The name.</param>
    /// <param name="what">What it is of: <c>a host</c>.</param>
    public bool Take(TreeScalar name, string what)
    {
        if (!IsLabel(name.Text))
        {
            faults.Error(
                name, $"{FaultList.Quote(name.Text)} cannot be the name of {what}",
                $"a name is 1 to 63 letters, digits and hyphens, with no hyphen at either end");
            return false;
        }

        return TakeAny(name, what);
    }

    /// <summary>Takes a name of labels between dots, such as <c>www.example.com</c>.</summary>
    public bool TakeDotted(TreeScalar name, string what)
    {
        if (name.Text.Length > 253 || !name.Text.Split('.').All(IsLabel))
        {
            faults.Error(name, $"{FaultList.Quote(name.Text)} cannot be {what}", $"write it as www.example.com");
            return false;
        }

        return TakeAny(name, what);
    }

    /// <summary>
    /// The names taken that are another with a number behind it, <c>pc-7</c> of <c>pc</c>. Asked for when all names are taken.
    /// </summary>
    public IEnumerable<(int Number, TreeScalar At)> Numbered(string name)
    {
        _numbered ??= _names.Values.Select(n => (Dash: n.At.Text.LastIndexOf('-'), n.At))
            .Where(n => n.Dash > 0 && n.At.Text[n.Dash + 1] is >= '1' and <= '9')
            .ToLookup(
                n => n.At.Text[..n.Dash],
                n => (int.TryParse(n.At.Text.AsSpan(n.Dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    ? number
                    : int.MaxValue, n.At), StringComparer.OrdinalIgnoreCase);
        return _numbered[name];
    }

    private bool TakeAny(TreeScalar name, string what)
    {
        if (_names.TryAdd(name.Text, (what, name)))
        {
            return true;
        }

        var (other, at) = _names[name.Text];
        faults.Error(
            name, string.Create(CultureInfo.InvariantCulture, $"{FaultList.Quote(name.Text)} is {other} already, on line {at.Line}"),
            $"give each its own name");
        return false;
    }

    /// <summary>Whether a text can be a name of one label.</summary>
    public static bool IsLabel(string text) =>
        text.Length is >= 1 and <= 63 && text[0] != '-' && text[^1] != '-'
            && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
