using System.Reflection;

namespace Portolan.Cli.Hosting;

/// <summary>The version of this program, and the commit it was built from when the build knew it.</summary>
public static class ProgramVersion
{
    /// <summary>Reads it from the assembly, whose informational version is <c>0.1.0+commit</c>.</summary>
    public static (string Version, string? Commit) Read()
    {
        var text = typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        var plus = text.IndexOf('+', StringComparison.Ordinal);
        return plus < 0 ? (text, null) : (text[..plus], text[(plus + 1)..]);
    }
}
