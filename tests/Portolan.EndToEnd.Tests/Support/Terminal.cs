namespace Portolan.EndToEnd.Tests.Support;

/// <summary>Runs the program on a pseudo terminal, made by script(1).</summary>
internal static class Terminal
{
    /// <summary>Runs it; stdout and stderr are both the terminal, whose lines end in CR LF.</summary>
    public static RunResult Run(IReadOnlyDictionary<string, string?> environment, params string[] args)
    {
        var script = Programs.Find("script", "/usr/bin/script");
        var quoted = string.Join(' ', new[] { PortolanProgram.Path }.Concat(args).Select(word => $"'{word}'"));
        return Programs.Run(script, ["-q", "-e", "-c", quoted, "/dev/null"], environment: environment);
    }
}
