using System.Runtime.InteropServices;

namespace Portolan.Cli.Hosting;

/// <summary>The version of this program, the commit it was built from when the build knew it, and the runtime in it.</summary>
/// <remarks>
/// Constants that the build writes (<c>Portolan.Cli.csproj</c>): to read them from assembly attributes costs 0.15 ms of reflection.
/// </remarks>
public static class ProgramVersion
{
    /// <summary>The runtime, such as <c>.NET 10.0.1</c>.</summary>
    public static string Runtime =>
        BuildFacts.RuntimeVersion.Length > 0 ? $".NET {BuildFacts.RuntimeVersion}" : RuntimeInformation.FrameworkDescription;

    /// <summary>The version, such as <c>0.1.0</c>, and the commit.</summary>
    public static (string Version, string? Commit) Read()
    {
        const string text = BuildFacts.InformationalVersion;
        var plus = text.IndexOf('+', StringComparison.Ordinal);
        return plus < 0 ? (text, null) : (text[..plus], text[(plus + 1)..]);
    }
}
