using System.Globalization;
using System.Text;

namespace Portolan.Sockets.Owners;

/// <summary>Names of systemd units: found in a control group's path, and made readable.</summary>
public static class UnitName
{
    // The kinds of unit that have processes (systemd.unit(5)).
    private static readonly string[] Suffixes = [".service", ".scope", ".socket", ".mount", ".swap"];

    /// <summary>
    /// The unit of a path: the first part that is a unit, past all slices. A user's manager (<c>user@1000.service</c>) runs units
    /// of its own, and then the inner one is meant.
    /// </summary>
    public static string? Find(ReadOnlySpan<string> segments)
    {
        string? manager = null;
        foreach (var segment in segments)
        {
            var name = Unescape(segment);
            if (name.EndsWith(".slice", StringComparison.Ordinal))
            {
                continue;
            }

            if (!IsUnit(name))
            {
                return manager;
            }

            if (manager is null && name.StartsWith("user@", StringComparison.Ordinal))
            {
                manager = name;
                continue;
            }

            // The manager's own processes live in its init.scope.
            return manager is not null && string.Equals(name, "init.scope", StringComparison.Ordinal) ? manager : name;
        }

        return manager;
    }

    /// <summary>The name for a reader: <c>\x2d</c> and its like become the characters they stand for (systemd.unit(5), "String escaping").</summary>
    /// <remarks>The result is still hostile text, and no longer a name that systemctl takes.</remarks>
    public static string Display(string unit)
    {
        if (!unit.Contains("\\x", StringComparison.Ordinal))
        {
            return unit;
        }

        var bytes = new List<byte>(unit.Length);
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = 0; i < unit.Length; i++)
        {
            if (unit[i] == '\\' && i + 3 < unit.Length && unit[i + 1] == 'x'
                && byte.TryParse(unit.AsSpan(i + 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                bytes.Add(value);
                i += 3;
            }
            else
            {
                var rune = Rune.TryGetRuneAt(unit, i, out var whole) ? whole : Rune.ReplacementChar;
                bytes.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
                i += rune.Utf16SequenceLength - 1;
            }
        }

        return Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes));
    }

    // systemd puts '_' before a name that the kernel would take for one of its own files (cg_escape).
    private static string Unescape(string segment) => segment.Length > 1 && segment[0] == '_' ? segment[1..] : segment;

    private static bool IsUnit(string name)
    {
        foreach (var suffix in Suffixes)
        {
            if (name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
