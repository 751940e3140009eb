using System.Diagnostics;
using System.Globalization;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Owners;

/// <summary>
/// A program in Perl that the test starts, because it forks and shares sockets as .NET cannot. It and its children end with the test.
/// </summary>
/// <remarks>
/// The script prints one line of numbers when all is set up, then sleeps. Children end when their parent does (PR_SET_PDEATHSIG).
/// </remarks>
internal sealed class PerlProgram : IDisposable
{
    private const string Prelude =
        """
        use strict; use warnings; use Socket; $| = 1; $^F = 1000;
        sub inode { readlink("/proc/self/fd/" . fileno($_[0])) =~ /\[(\d+)\]/ or die; $1 }
        sub listener { my ($port, $reuse) = @_; socket(my $s, AF_INET, SOCK_STREAM, 0) or die $!;
          setsockopt($s, SOL_SOCKET, 15, 1) if $reuse; bind($s, sockaddr_in($port, inet_aton("127.0.0.1"))) or die $!; listen($s, 8) or die $!; $s }
        sub child { my ($work) = @_; pipe(my $r, my $w) or die; my $pid = fork() // die;
          if (!$pid) { syscall(SYS_prctl(), 1, 9, 0, 0, 0); my $out = $work->(); syswrite($w, ($out // "") . "\n"); close $w; sleep 600; exit }
          close $w; my $line = <$r>; chomp $line; ($pid, $line) }
        sub SYS_prctl { my $m = (split /\0/, `uname -m`)[0]; $m =~ /x86_64/ ? 157 : 167 }
        sub SYS_exit { my $m = `uname -m`; $m =~ /x86_64/ ? 60 : 93 }
        """;

    private readonly Process _process;

    /// <summary>
    /// Starts the script, after a prelude with <c>inode</c>, <c>listener</c> and <c>child</c>, and reads its line of numbers.
    /// </summary>
    internal PerlProgram(string script, params string[] options)
    {
        var start = new ProcessStartInfo(Tool.Find("perl"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var option in options)
        {
            start.ArgumentList.Add(option);
        }

        start.ArgumentList.Add("-e");
        start.ArgumentList.Add($"{Prelude}\n{script}\nsleep 600;");
        _process = Process.Start(start)!;
        var line = _process.NextLine();
        Assert.True(line is not null, line is null ? _process.Finish().Error : "");
        Numbers = [.. line!.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
    }

    /// <summary>What the script printed.</summary>
    internal IReadOnlyList<int> Numbers { get; }

    /// <summary>The script's process.</summary>
    internal int Pid => _process.Id;

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.Kill();
        _process.End();
        _process.Dispose();
    }
}
