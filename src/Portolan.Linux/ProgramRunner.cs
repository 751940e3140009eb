using System.Diagnostics;
using Portolan.Linux.Privilege;
using Portolan.Model;

namespace Portolan.Linux;

/// <summary>
/// Runs another program, for what only it can do: by absolute path, with an argument vector, without a shell and without a search of PATH.
/// </summary>
public static class ProgramRunner
{
    /// <summary>More output than this is thrown away. Characters per stream.</summary>
    private const int LongestOutput = 64 * 1024;

    /// <summary>Runs to the end and returns what it said.</summary>
    /// <param name="path">The absolute path of the program.</param>
    /// <param name="arguments">Its arguments, each passed as it is.</param>
    /// <param name="timeout">How long it may take; then it is killed.</param>
    /// <param name="cancellationToken">Kills it too.</param>
    /// <param name="folder">Where it starts, the root of the file system unless told otherwise.</param>
    /// <param name="input">What it reads from stdin.</param>
    /// <param name="limits">What it may take. They hold from before it gets its input.</param>
    /// <exception cref="ArgumentException">The path is not absolute.</exception>
    /// <exception cref="PortolanException">The program cannot be started, or takes too long.</exception>
    public static ProgramResult Run(
        string path, IReadOnlyList<string> arguments, TimeSpan timeout, CancellationToken cancellationToken, string folder = "/",
        ReadOnlyMemory<byte> input = default, ProgramLimits? limits = null)
    {
        if (!Path.IsPathFullyQualified(path))
        {
            throw new ArgumentException($"'{path}' is not an absolute path", nameof(path));
        }

        var start = new ProcessStartInfo(path)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // Messages are shown, never parsed; plain English fits the rest.
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var process = Start(start);
        limits?.ApplyTo(process.Id);
        var output = ReadAsync(process.StandardOutput);
        var error = ReadAsync(process.StandardError);
        var written = WriteAsync(process.StandardInput.BaseStream, input);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            process.WaitForExitAsync(limit.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            cancellationToken.ThrowIfCancellationRequested();
            throw new PortolanException($"{path} did not finish within {timeout.TotalSeconds:0} s");
        }

        written.GetAwaiter().GetResult();
        return new ProgramResult(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    /// <summary>Starts a program whose stdout is a pipe to this one; it shares stdin, stderr, the folder and the environment.</summary>
    /// <param name="path">The absolute path of the program.</param>
    /// <param name="arguments">Its arguments, each passed as it is.</param>
    /// <exception cref="ArgumentException">The path is not absolute.</exception>
    /// <exception cref="PortolanException">The program cannot be started.</exception>
    public static Process StartPiped(string path, IEnumerable<string> arguments) => Path.IsPathFullyQualified(path)
        ? Start(new ProcessStartInfo(path, arguments) { UseShellExecute = false, RedirectStandardOutput = true })
        : throw new ArgumentException($"'{path}' is not an absolute path", nameof(path));

    private static Process Start(ProcessStartInfo start)
    {
        InheritedCapabilities.KeepFromChildren();
        try
        {
#pragma warning disable RS0030 // The one place that runs programs; everything the ban is about is checked above.
            return Process.Start(start)!;
#pragma warning restore RS0030
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new PortolanException($"cannot run {start.FileName}: {e.Message}", inner: e);
        }
    }

    private static async Task WriteAsync(Stream stream, ReadOnlyMemory<byte> input)
    {
        try
        {
            await stream.WriteAsync(input);
            stream.Close();
        }
        catch (IOException)
        {
            // It has ended without reading all; its exit code reports how.
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader)
    {
        var kept = new System.Text.StringBuilder();
        var buffer = new char[4096];
        int count;
        while ((count = await reader.ReadAsync(buffer)) > 0)
        {
            kept.Append(buffer, 0, Math.Min(count, LongestOutput - kept.Length));
        }

        return kept.ToString();
    }
}

/// <summary>What a program said.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its stdout. Hostile text.</param>
/// <param name="Error">Its stderr. Hostile text.</param>
public sealed record ProgramResult(int ExitCode, string Output, string Error);
