using System.Globalization;

namespace Portolan.Reachability.Sessions;

/// <summary>Terminals by their device numbers (Documentation/admin-guide/devices.txt of the kernel).</summary>
public static class TerminalDevice
{
    /// <summary>
    /// The name of a terminal of the machine itself, such as <c>tty1</c> or <c>ttyS0</c>; <c>null</c> for none and for a pseudo-terminal,
    /// which anything may be behind.
    /// </summary>
    /// <param name="device">tty_nr: major in bits 8 to 19, minor in bits 0 to 7 and 20 to 31.</param>
    public static string? ConsoleName(int device)
    {
        var major = (device >> 8) & 0xfff;
        var minor = (device & 0xff) | ((device >> 12) & 0xfff00);
        return major switch
        {
            _ when device == 0 => null,
            2 or 3 or (>= 136 and <= 143) => null, // pseudo-terminals, BSD and Unix98
            4 when minor < 64 => Name("tty", minor),
            4 => Name("ttyS", minor - 64),
            5 when minor == 1 => "console",
            229 => Name("hvc", minor),
            204 => Name("serial", minor),
            _ => null, // not known, so nothing is taken for granted
        };
    }

    /// <summary>The number of a pseudo-terminal (<c>/dev/pts</c>); <c>null</c> for anything else.</summary>
    /// <param name="device">tty_nr, as above.</param>
    public static int? PseudoTerminalNumber(int device)
    {
        var major = (device >> 8) & 0xfff;
        return major is >= 136 and <= 143 ? ((major - 136) << 20) | (device & 0xff) | ((device >> 12) & 0xfff00) : null;
    }

    private static string Name(string kind, int number) => kind + number.ToString(CultureInfo.InvariantCulture);
}
