namespace Portolan.Linux.Scratch;

/// <summary>The program that runs <see cref="ScratchServer"/> inside a scratch namespace.</summary>
/// <param name="Path">Its absolute path.</param>
/// <param name="Arguments">What makes it do so.</param>
public sealed record ScratchProgram(string Path, IReadOnlyList<string> Arguments)
{
    /// <summary>Variables of the program's environment, by name.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>This program itself, as it is running, even where its file has been replaced since.</summary>
    /// <param name="arguments">What makes it run the server.</param>
    /// <param name="environment">Reads an environment variable.</param>
    public static ScratchProgram Itself(IReadOnlyList<string> arguments, Func<string, string?> environment)
    {
        var kept = new Dictionary<string, string>(StringComparer.Ordinal) { ["LC_ALL"] = "C.UTF-8" };
        foreach (var name in (ReadOnlySpan<string>)["DOTNET_ROOT", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "LD_LIBRARY_PATH", "TMPDIR"])
        {
            if (environment(name) is { } value)
            {
                kept[name] = value;
            }
        }

        // Run as "dotnet portolan.dll" the process is dotnet.
        const string Executable = "/proc/self/exe";
        var isHosted = string.Equals(System.IO.Path.GetFileName(System.Environment.ProcessPath), "dotnet", StringComparison.Ordinal);
        return isHosted
            ? new ScratchProgram(
                Executable, [System.IO.Path.Combine(AppContext.BaseDirectory, "portolan.dll"), .. arguments])
            { Environment = kept }
            : new ScratchProgram(Executable, arguments) { Environment = kept };
    }
}
