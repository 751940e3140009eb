using System.Globalization;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Model.Registry;
using Portolan.Reachability.Documents;

namespace Portolan.Cli.Lookup;

/// <summary>Keeps a registry for this user, and forgets it. Whatever goes wrong, what was kept before is as it was.</summary>
internal static class RegistryUpdate
{
    private const string Published = "https://www.iana.org/assignments/service-names-port-numbers/service-names-port-numbers.csv";

    /// <summary><c>--update FILE</c>.</summary>
    public static ExitCode Update(string file, CommandContext context)
    {
        if (file == "-")
        {
            // A download that breaks off at the end of a line is a sound, shorter CSV that looks complete.
            throw new PortolanException(
                "--update reads a file, not standard input, because a truncated download would look complete",
                $"save the file, check that it is complete, then run portolan port --update FILE",
                ExitCode.Usage);
        }

        if (file.Length == 0)
        {
            throw new PortolanException("--update needs a file name", $"save {Published} and give its file name", ExitCode.Usage);
        }

        var path = PathOf(context);
        var registry = Take(file, path);
        var count = registry.Entries().Count;
        if (context.Json)
        {
            JsonOutput.WriteDocument(
                context.Output, RegistryDocument.Of(registry, path, [], summary: RegistrySummary.Of(registry)),
                ReachabilityDocuments.Default.RegistryDocument);
        }
        else
        {
            context.Writer.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{count:N0} entries (a port or range with a protocol), as of {TimeText.Date(registry.AsOf)}"));
            context.Writer.WriteLine($"kept for this user in {TerminalText.Escape(path)}");
            context.Flush();
        }

        Warn(context, count, registry.AsOf);
        return ExitCode.Success;
    }

    /// <summary><c>--forget</c>.</summary>
    public static ExitCode Forget(CommandContext context)
    {
        var path = PathOf(context);
        bool removed;
        try
        {
            removed = UserRegistry.Forget(path);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new PortolanException(
                $"cannot remove {path}: {exception.Message.TrimEnd('.')}", hint: null, ExitCode.NoPrivilege, exception);
        }

        var builtIn = ServiceRegistry.BuiltIn;
        if (context.Json)
        {
            JsonOutput.WriteDocument(
                context.Output, RegistryDocument.Of(builtIn, path, []), ReachabilityDocuments.Default.RegistryDocument);
        }
        else
        {
            context.Writer.WriteLine(removed ? $"removed {TerminalText.Escape(path)}" : "this user has no registry of their own");
            context.Writer.WriteLine($"the built-in registry of {TimeText.Date(builtIn.AsOf)} is used");
        }

        return ExitCode.Success;
    }

    private static string PathOf(CommandContext context) => context.RegistryPath ?? throw new PortolanException(
        "no directory for a registry: neither XDG_DATA_HOME nor HOME is an absolute path",
        $"set HOME, or XDG_DATA_HOME to an absolute path");

    private static ServiceRegistry Take(string file, string path)
    {
        try
        {
            // The framework calls a directory a file that may not be read.
            if (Directory.Exists(file))
            {
                throw new PortolanException($"{file} is a directory", $"save {Published} and give its file name");
            }

            using var source = Open(file);
            return UserRegistry.Update(source, path, DateOnly.FromDateTime(File.GetLastWriteTimeUtc(file)));
        }
        catch (RegistryFormatException exception)
        {
            throw new PortolanException(
                $"{file}, line {exception.Line}, column {exception.Column}: {exception.Reason}",
                $"nothing was changed; IANA publishes the registry at {Published}",
                ExitCode.Failed,
                exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new PortolanException(
                $"cannot update the registry: {NamedFile.WhyNot(exception, path, FileAccess.Write)}", $"nothing was changed",
                ExitCode.NoPrivilege, exception);
        }
        catch (IOException exception)
        {
            throw new PortolanException(
                $"cannot update the registry: {exception.Message.TrimEnd('.')}", $"nothing was changed", ExitCode.Failed, exception);
        }
    }

    private static BoundedStream Open(string file)
    {
        try
        {
            return BoundedStream.Open(file, InputLimit.Registry);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            var exit = exception is UnauthorizedAccessException ? ExitCode.NoPrivilege : ExitCode.Failed;
            throw new PortolanException(
                $"cannot read {file}: {NamedFile.WhyNot(exception, file)}", $"nothing was changed", exit, exception);
        }
    }

    private static void Warn(CommandContext context, int count, DateOnly asOf)
    {
        var builtIn = ServiceRegistry.BuiltIn;
        var usual = builtIn.Entries().Count;
        var doubt = count < usual / 2
            ? string.Create(
                CultureInfo.InvariantCulture, $"the file has far fewer entries than the built-in registry ({usual:N0}): is it complete?")
            : asOf < builtIn.AsOf ? $"the file is older than the built-in registry, which is of {TimeText.Date(builtIn.AsOf)}" : null;
        if (doubt is not null)
        {
            context.Error.WriteLine($"portolan: {doubt}");
            context.Error.WriteLine(Advice.Of($"run portolan port --forget to go back to the built-in registry").ToHint());
        }
    }
}
