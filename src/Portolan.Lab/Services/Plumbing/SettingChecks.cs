using System.Globalization;

namespace Portolan.Lab.Services;

/// <summary>
/// What a value of a setting must be. Each gives the rest of the sentence "NAME …", or <c>null</c> when the value is right.
/// </summary>
internal static class SettingChecks
{
    private const int MaxText = 512;

    /// <summary>A text of one line.</summary>
    internal static string? Line(string value) =>
        value.Length > MaxText ? $"has more than {MaxText} characters" : value.Any(char.IsControl) ? "must be a single line" : null;

    /// <summary><c>yes</c> or <c>no</c>.</summary>
    internal static string? Flag(string value) => TryFlag(value, out _) ? null : $"is yes or no, not \"{value}\"";

    /// <summary>A number in a range.</summary>
    internal static Func<string, string?> Number(long least, long most) => value =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? null
            : $"is a number from {least} to {most}, not \"{value}\"";

    /// <summary>Reads <c>yes</c> or <c>no</c>; YAML's words for them too.</summary>
    internal static bool TryFlag(string value, out bool flag)
    {
        flag = value is "yes" or "true" or "on";
        return flag || value is "no" or "false" or "off";
    }

    /// <summary>A flag of a call, or what is usual.</summary>
    internal static bool Flag(this ServiceCall call, string name, bool usual) =>
        TryFlag(call.Setting(name, ""), out var flag) ? flag : usual;

    /// <summary>A number of a call, or what is usual.</summary>
    internal static long Number(this ServiceCall call, string name, long usual) =>
        long.TryParse(call.Setting(name, ""), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : usual;
}
