using System.Diagnostics;

namespace Portolan.EndToEnd.Tests.Support;

/// <summary>Starts programs by absolute path with an argument vector, never through a shell.</summary>
internal static class Programs
{
    /// <summary>Runs to the end.</summary>
    public static RunResult Run(
        string path, IEnumerable<string> args, string? input = null, string? folder = null,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        using var program = Start(path, args, folder, environment);
        if (input is not null)
        {
            program.Input.Write(input);
        }

        program.Input.Close();
        return program.Finish();
    }

    /// <summary>Starts it.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="args">Arguments, passed as they are.</param>
    /// <param name="folder">Working directory.</param>
    /// <param name="environment">Variables to set, or with <c>null</c> to remove.</param>
    public static RunningProgram Start(
        string path, IEnumerable<string> args, string? folder = null, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(path) { WorkingDirectory = folder ?? "/" };
        foreach (var argument in args)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Remove("NO_COLOR");
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return new RunningProgram(start);
    }

    /// <summary>The first of these paths that exists; skips the test when none does.</summary>
    public static string Find(string what, params string[] paths)
    {
        var found = Array.Find(paths, File.Exists);
        Assert.SkipWhen(found is null, $"{what} is not installed");
        return found!;
    }
}
