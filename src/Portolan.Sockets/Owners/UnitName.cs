using System.Globalization;
using System.Text;

namespace Portolan.Sockets.Owners;

/// <summary>Names of systemd units: found in a control group's path, and made readable.</summary>
public static class UnitName
{
    private static readonly System.Buffers.SearchValues<char> Characters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_.\\-@");

    // The kinds of unit that have processes (systemd.unit(5)).
    private static readonly string[] Suffixes = [".service", ".scope", ".socket", ".mount", ".swap"];

    /// <summary>
    /// The unit of a path: the first part that is a unit, past all slices. A user's manager (<c>user@1000.service</c>) runs units
    /// of its own, and then the inner one is meant.
    /// </summary>
    public static string? Find(ReadOnlySpan<string> segments) => Find(segments, out _);

    /// <summary>The same, with the place of the part that names the unit; -1 without one.</summary>
    internal static string? Find(ReadOnlySpan<string> segments, out int at)
    {
        string? manager = null;
        at = -1;
        for (var i = 0; i < segments.Length; i++)
        {
            var name = Unescape(segments[i]);
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
                (manager, at) = (name, i);
                continue;
            }

            // The manager's own processes live in its init.scope.
            if (manager is not null && string.Equals(name, "init.scope", StringComparison.Ordinal))
            {
                return manager;
            }

            at = i;
            return name;
        }

        return manager;
    }

    /// <summary>
    /// Where the part stands that is a user's manager, <c>user@1000.service</c>, or -1. What lies below belongs to that user, who may
    /// give it any name (user@.service has Delegate=).
    /// </summary>
    internal static int FindUserManager(ReadOnlySpan<string> segments)
    {
        for (var i = 0; i < segments.Length; i++)
        {
            var name = Unescape(segments[i]);
            if (name.StartsWith("user@", StringComparison.Ordinal) && name.EndsWith(".service", StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>
    /// The user whose manager a part of a path is, such as 1000 of <c>user@1000.service</c>; <c>null</c> where it says no number.
    /// </summary>
    internal static uint? ManagersUser(string segment)
    {
        var name = Unescape(segment);
        return name.StartsWith("user@", StringComparison.Ordinal) && name.EndsWith(".service", StringComparison.Ordinal)
            && uint.TryParse(name.AsSpan(5, name.Length - 13), NumberStyles.None, CultureInfo.InvariantCulture, out var user) ? user : null;
    }

    /// <summary>
    /// Whether systemd itself would take the name for a unit's: its characters, its length, no pattern (systemd.unit(5)).
    /// </summary>
    public static bool IsValid(string name) =>
        name.Length is > 0 and < 256 && IsUnit(name) && !name.AsSpan().ContainsAnyExcept(Characters);

    /// <summary>
    /// The name for a reader: <c>\x2d</c> and its like become the characters they stand for (systemd.unit(5), "String escaping").
    /// </summary>
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
