using Portolan.Cli.Completions;
using Portolan.Cli.Help;
using Portolan.Cli.Output;
using Portolan.Linux.Launching;
using Portolan.Linux.Privilege;
using Portolan.Linux.Terminals;
using Portolan.Model;

namespace Portolan.Cli.Hosting;

/// <summary>Parses the arguments, runs the command, and turns every failure into one line, a hint and an exit code.</summary>
public static class CommandRunner
{
    /// <summary>Runs and returns the exit code.</summary>
    public static int Run(string[] args, CommandContext context)
    {
        // Known before parsing, so that a failure of the parser itself can be looked at.
        var debug = Array.IndexOf(args, "--debug") >= 0;
        using var signals = new TerminationSignals();
        context.EndInOrder = signals.Catch;
        context.EndInOrderWithin = signals.Catch;
        context.OnHangUp = signals.OnHangUp;
        context.OnSecondSignal = signals.OnSecond;
        context.Arguments = ["portolan", .. args];
        try
        {
            var exitCode = Run(args, context, signals.Token);
            context.Flush();
            return (int)exitCode;
        }
        catch (OperationCanceledException) when (signals.Signalled is { } code)
        {
            return (int)code;
        }
#pragma warning disable CA1031 // The last resort: an unexpected failure is one line, and the trace is one flag away.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Report(context, FailureReport.Of(e, debug));
        }
    }

    /// <summary>
    /// Runs a command inside of another one, which has the signals: its failure is text on the context's stderr like that of any other.
    /// </summary>
    internal static ExitCode RunWithin(string[] args, CommandContext context, CancellationToken cancellationToken)
    {
        context.Arguments = ["portolan", .. args];
        try
        {
            var exitCode = Run(args, context, cancellationToken);
            context.Flush();
            return exitCode;
        }
#pragma warning disable CA1031 // As above.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return (ExitCode)Report(context, FailureReport.Of(e, debug: false));
        }
    }

    private static ExitCode Run(string[] args, CommandContext context, CancellationToken cancellationToken)
    {
        InheritedCapabilities.RefuseThoseOfFile();
        args = Shorthand.Expand(args);

        if (SuggestHook.IsCall(args))
        {
            SourceCheck.Await();
            return SuggestHook.Run(args, context, cancellationToken);
        }

        var root = CommandTree.RootFor(args);
        var words = root.Command.Normalize(args);
        var parsed = root.Parse(words);
        // A value of an option that is in error cannot be asked for.
        var color = parsed.Errors.Count == 0 ? GlobalOptions.ParseColor(parsed.GetValue(root.Globals.Color)) : ColorMode.Auto;
        context.ColorMode = color ?? ColorMode.Auto;
        context.Marks.Ascii = parsed.Errors.Count == 0 && parsed.GetValue(root.Globals.Ascii);
        var help = parsed.GetValue(root.Globals.Help);
        if (!help || root.IsDefault)
        {
            WordCheck.Check(words, root);
        }

        if (help)
        {
            SourceCheck.Await();
            HelpText.Write(root.Command, context);
            return ExitCode.Success;
        }

        context.Json = parsed.GetValue(root.Globals.Json);
        context.Debug = parsed.GetValue(root.Globals.Debug);
        if (context.Json && root.Command.WhyNoJson is { } reason)
        {
            throw WordCheck.Usage($"--json is not supported here: {reason}", root);
        }

        if (parsed.Errors.Count > 0)
        {
            throw WordCheck.Usage(ParseErrorText.Describe(parsed), root);
        }

        if (color is null)
        {
            throw WordCheck.Usage("--color must be auto, always or never", root);
        }

        SourceCheck.Await();
        return root.Command.Run(parsed, context, cancellationToken);
    }

    private static int Report(CommandContext context, FailureReport report)
    {
        // A program that is older than its sources may not know a word that they do.
        SourceCheck.Await();
        try
        {
            // Data that was already written stays ahead of the error.
            if (report.Message is not null)
            {
                context.Flush();
            }
        }
        catch (IOException)
        {
            // stdout is gone or full; the error that is being reported says so, or matters more.
        }

        return report.Write(() => context.Error, text => ErrorLines.Of(context, text));
    }
}
