using System.Globalization;
using System.Text;

namespace Portolan.Cli.Scanning.Options;

/// <summary>The times in names of output files, as nmap replaces them (nmap reference guide, "Output").</summary>
internal static class OutputFileName
{
    /// <summary>
    /// Replaces <c>%H %M %S %m %d %y %Y %T %R %D</c>; <c>%</c> before any other character is left out, and <c>%%</c> is one.
    /// </summary>
    public static string Expand(string name, DateTimeOffset now)
    {
        if (!name.Contains('%', StringComparison.Ordinal))
        {
            return name;
        }

        var text = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] != '%' || i + 1 == name.Length)
            {
                text.Append(name[i]);
                continue;
            }

            var format = name[++i] switch
            {
                'H' => "HH",
                'M' => "mm",
                'S' => "ss",
                'm' => "MM",
                'd' => "dd",
                'y' => "yy",
                'Y' => "yyyy",
                'T' => "HHmmss",
                'R' => "HHmm",
                'D' => "MMddyy",
                _ => null,
            };
            text.Append(format is null ? name[i].ToString() : now.ToString(format, CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }
}
