using System.Globalization;

namespace Portolan.Lab.Topology.Reading;

/// <summary>Takes the values out of a mapping whose keys are known, and says what is wrong with them.</summary>
internal sealed class MapReader
{
    private static readonly Dictionary<string, bool> YesAndNo = new(StringComparer.OrdinalIgnoreCase)
    {
        ["yes"] = true,
        ["true"] = true,
        ["on"] = true,
        ["no"] = false,
        ["false"] = false,
        ["off"] = false,
    };

    private readonly FaultList _faults;

    private MapReader(TreeMap map, FaultList faults)
    {
        Map = map;
        _faults = faults;
    }

    /// <summary>The mapping.</summary>
    public TreeMap Map { get; }

    /// <summary>Opens a mapping and reports each key that is not among those known.</summary>
    /// <param name="node">The mapping.</param>
    /// <param name="what">What it is of, for messages: <c>a host</c>.</param>
    /// <param name="faults">Where faults go.</param>
    /// <param name="keys">The keys there are.</param>
    /// <returns><c>null</c> when it is not a mapping.</returns>
    public static MapReader? Open(TreeNode node, string what, FaultList faults, params string[] keys)
    {
        if (node is not TreeMap map)
        {
            faults.Error(node, $"{what} is a mapping, not {node.Kind}", $"its keys are {Advice.List(keys)}");
            return null;
        }

        foreach (var (key, _) in map.Entries)
        {
            if (!keys.Contains(key.Text, StringComparer.Ordinal))
            {
                faults.Unknown(key, $"{what} has no key", key.Text, keys);
            }
        }

        return new MapReader(map, faults);
    }

    /// <summary>The value of a key; <c>null</c> when it is not there or nothing is written behind it.</summary>
    public TreeNode? Node(string key)
    {
        foreach (var (name, value) in Map.Entries)
        {
            if (name.Text == key)
            {
                return value is TreeScalar { IsNull: true } ? null : value;
            }
        }

        return null;
    }

    /// <summary>The one value of a key; a list or mapping is a fault.</summary>
    public TreeScalar? Scalar(string key) => Node(key) is { } node ? One(node, key, _faults) : null;

    /// <summary>The node as one value; a list or mapping, or nothing, is a fault.</summary>
    public static TreeScalar? One(TreeNode node, string what, FaultList faults)
    {
        if (node is TreeScalar { IsNull: false } scalar)
        {
            return scalar;
        }

        faults.Error(node, $"{what} wants one value, not {node.Kind}");
        return null;
    }

    /// <summary>The node's values: those of a list, or the one that stands alone.</summary>
    public static IEnumerable<TreeScalar> OneOrMore(TreeNode node, string what, FaultList faults)
    {
        foreach (var item in node is TreeList list ? list.Items : [node])
        {
            if (One(item, what, faults) is { } scalar)
            {
                yield return scalar;
            }
        }
    }

    /// <summary>The entries of a mapping of names; nothing when the key is not there.</summary>
    public IReadOnlyList<(TreeScalar Key, TreeNode Value)> Named(string key, string example)
    {
        switch (Node(key))
        {
            case null:
                return [];
            case TreeMap map:
                return map.Entries;
            case var other:
                _faults.Error(other, $"{key} is a mapping from names, not {other.Kind}", $"write {Advice.Prose(example)}");
                return [];
        }
    }

    /// <summary>The items of a list; nothing when the key is not there.</summary>
    public IReadOnlyList<TreeNode> Items(string key)
    {
        switch (Node(key))
        {
            case null:
                return [];
            case TreeList list:
                return list.Items;
            case var other:
                return [other];
        }
    }

    /// <summary>A whole number of a range; what stands behind <c>/s</c> is left out.</summary>
    public int Number(string key, int least, int most, int usual) =>
        Scalar(key) is { } scalar ? Number(scalar, key, least, most, usual, _faults) : usual;

    /// <summary>A whole number of a range.</summary>
    public static int Number(TreeScalar scalar, string what, int least, int most, int usual, FaultList faults)
    {
        if (int.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        faults.Error(scalar, $"{what} is {FaultList.Quote(scalar.Text)}", $"it is a whole number from {least} to {most}");
        return usual;
    }

    /// <summary>Yes or no.</summary>
    public bool Flag(string key, bool usual)
    {
        if (Scalar(key) is not { } scalar)
        {
            return usual;
        }

        if (!YesAndNo.TryGetValue(scalar.Text, out var value))
        {
            _faults.Error(scalar, $"{key} is {FaultList.Quote(scalar.Text)}", $"it is yes or no");
            return usual;
        }

        return value;
    }

    /// <summary>A duration from <paramref name="least"/> on, up to a day.</summary>
    public TimeSpan Duration(string key, TimeSpan least, TimeSpan usual)
    {
        if (Scalar(key) is not { } scalar)
        {
            return usual;
        }

        if (!UnitText.TryParseDuration(scalar.Text, out var value) || value < least)
        {
            _faults.Error(
                scalar, $"{key} is {FaultList.Quote(scalar.Text)}",
                $"write a number with us, ms, s, m or h, from {UnitText.Format(least)} to 24h, e.g. 20ms");
            return usual;
        }

        return value;
    }

    /// <summary>A share as a percentage.</summary>
    public double Share(string key, double usual)
    {
        if (Scalar(key) is not { } scalar)
        {
            return usual;
        }

        if (!UnitText.TryParseShare(scalar.Text, out var value))
        {
            _faults.Error(scalar, $"{key} is {FaultList.Quote(scalar.Text)}", $"write a percentage from 0% to 100%, e.g. 1.5%");
            return usual;
        }

        return value;
    }

    /// <summary>Bits a second; 0 when the key is not there.</summary>
    public long Bandwidth(string key)
    {
        if (Scalar(key) is not { } scalar)
        {
            return 0;
        }

        if (!UnitText.TryParseBandwidth(scalar.Text, out var value) || value < 1000)
        {
            _faults.Error(
                scalar, $"{key} is {FaultList.Quote(scalar.Text)}",
                $"write a number with kbit, Mbit or Gbit, from 1kbit to 1000Gbit, e.g. 100Mbit");
            return 0;
        }

        return value;
    }
}
