using System.Globalization;
using System.Text;

namespace Portolan.Lab.Topology.Reading;

/// <summary>Reads the policies that reach outside the lab. Whether what they name is there is seen when the lab starts.</summary>
internal static class OutsideReader
{
    /// <summary>The longest path of a Unix socket in bytes (unix(7)).</summary>
    public const int LongestPath = 107;

    /// <summary>The most words of a command.</summary>
    public const int MostWords = 64;

    /// <summary>Reads <c>{ proxy: PATH }</c>.</summary>
    public static ProxyPort? ReadProxy(TreeMap map, FaultList faults)
    {
        if (MapReader.Open(map, "a proxy", faults, "proxy")?.Scalar("proxy") is not { } path)
        {
            return null;
        }

        if (path.Text.Length > 0 && !path.Text.Contains('\0', StringComparison.Ordinal)
            && Encoding.UTF8.GetByteCount(path.Text) <= LongestPath)
        {
            return new ProxyPort(path.Text);
        }

        faults.Error(
            path, string.Create(CultureInfo.InvariantCulture, $"the path of a Unix socket has 1 to {LongestPath} bytes"),
            $"write the file of a Unix socket, e.g. /run/web.sock");
        return null;
    }

    /// <summary>Reads <c>{ exec: [PROGRAM, ARGUMENT…] }</c>.</summary>
    public static ExecPort? ReadExec(TreeMap map, FaultList faults)
    {
        if (MapReader.Open(map, "a port that runs a program", faults, "exec")?.Node("exec") is not { } node)
        {
            faults.Error(map, "exec names no program", $"write the program and its arguments, e.g. [cat]");
            return null;
        }

        List<TreeScalar> words = [.. MapReader.OneOrMore(node, "a word of a command", faults)];
        if (words.Count is > 0 and <= MostWords && words[0].Text.Length > 0
            && words.TrueForAll(static w => !w.Text.Contains('\0', StringComparison.Ordinal)))
        {
            return new ExecPort([.. words.Select(static w => w.Text)]);
        }

        faults.Error(
            node, string.Create(CultureInfo.InvariantCulture, $"a command has 1 to {MostWords} words without NUL, its program first"),
            $"write the program and its arguments, e.g. [cat]");
        return null;
    }
}
