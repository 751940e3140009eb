using System.Net.Sockets;

namespace Portolan.Lab.Services.Ftp;

/// <summary>
/// One client of a file server: who he is, where he is, and what he does with names. Transfers are <see cref="FtpTransfer"/>'s.
/// </summary>
internal sealed class FtpSession(Stream stream, ServiceCall call) : IDisposable
{
    private const int MaxErrors = 30;

    private readonly LineTalk _talk = new(stream);
    private readonly FileTree _files = FileTree.Of(call);
    private readonly FtpData _data = new(call);
    private string? _name;
    private string? _user;
    private string _folder = "/";
    private string? _renamed;
    private bool _isText = true;
    private bool _isExtendedOnly;
    private long _restart;
    private int _errors;

    private bool IsReader => _user is "anonymous";

    /// <summary>Speaks until either is done.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        Say($"220 {LineTalk.Text(call.Setting("banner", "(vsFTPd 3.0.3)"))}");
        while (_errors < MaxErrors)
        {
            var line = await _talk.ReadLineAsync(cancellationToken);
            if (line.Kind == LineKind.End)
            {
                return;
            }

            if (line.Kind == LineKind.TooLong)
            {
                Say("500 line too long");
                continue;
            }

            // Clients send Telnet's interrupt before ABOR (RFC 959 section 4.1.3).
            var text = line.Text.TrimStart('\u00ff', '\u00f4', '\u00f2');
            var space = text.IndexOf(' ', StringComparison.Ordinal);
            var verb = (space < 0 ? text : text[..space]).ToUpperInvariant();
            if (!await DoAsync(verb, space < 0 ? "" : text[(space + 1)..], cancellationToken))
            {
                await _talk.FlushAsync(cancellationToken);
                return;
            }
        }

        Say("421 too many errors");
        await _talk.FlushAsync(cancellationToken);
    }

    public void Dispose() => _data.Dispose();

    private async Task<bool> DoAsync(string verb, string rest, CancellationToken cancellationToken)
    {
        switch (verb)
        {
            case "QUIT":
                Say("221 goodbye");
                return false;
            case "USER":
                (_name, _user) = (rest, null);
                Say("331 and the password?");
                break;
            case "PASS":
                Enter(rest);
                break;
            case "FEAT":
                Say("211-what there is\r\n EPRT\r\n EPSV\r\n MDTM\r\n REST STREAM\r\n SIZE\r\n TVFS\r\n UTF8\r\n211 end");
                break;
            case "SYST":
                Say("215 UNIX Type: L8");
                break;
            case "NOOP" or "ALLO":
                Say("200 still here");
                break;
            case "OPTS":
                Say(rest.StartsWith("UTF8", StringComparison.OrdinalIgnoreCase) ? "200 it is" : "501 there is no such option");
                break;
            case "AUTH" or "PBSZ" or "PROT" or "ADAT":
                Say("502 there is no TLS here");
                break;
            case "HELP":
                Say("214 USER PASS CWD CDUP PWD TYPE MODE STRU PORT EPRT PASV EPSV LIST NLST RETR STOR APPE SIZE MDTM DELE MKD RMD RNFR "
                    + "RNTO REST SYST FEAT NOOP QUIT");
                break;
            case var _ when _user is null:
                Say("530 log in first");
                break;
            default:
                await DoInsideAsync(verb, rest, cancellationToken);
                break;
        }

        return true;
    }

    private void Enter(string password)
    {
        var isAnonymous = _name is "anonymous" or "ftp" && call.Flag("anonymous", usual: true);
        if (_name is null)
        {
            Say("503 USER first");
        }
        else if (isAnonymous || UserList.Of(call).Allows(_name, password))
        {
            _user = isAnonymous ? "anonymous" : _name;
            Say("230 welcome");
        }
        else
        {
            _name = null;
            Say("530 wrong name or password");
        }
    }

    private async Task DoInsideAsync(string verb, string rest, CancellationToken cancellationToken)
    {
        var path = FileTree.Resolve(_folder, rest);
        var now = call.Host.Time.GetUtcNow();
        switch (verb)
        {
            case "PWD" or "XPWD":
                Say($"257 \"{_folder.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
                break;
            case "CWD" or "CDUP" or "XCWD" or "XCUP":
                var target = verb.EndsWith("UP", StringComparison.Ordinal) ? FileTree.Resolve(_folder, "..") : path;
                var isFolder = _files.Find(target) is { Content: null };
                _folder = isFolder ? target : _folder;
                Say(isFolder ? $"250 now in {_folder}" : "550 no such folder");
                break;
            case "TYPE":
                var isKnown = rest.Split(' ')[0].ToUpperInvariant() is "A" or "I" or "L";
                _isText = isKnown ? rest.StartsWith('A') || rest.StartsWith('a') : _isText;
                Say(isKnown ? $"200 type is {(_isText ? "A" : "I")}" : "504 A or I");
                break;
            case "MODE" or "STRU":
                Say(rest.ToUpperInvariant() is "S" or "F" ? "200 it is" : "504 only MODE S and STRU F");
                break;
            case "SIZE":
                Say(_files.Find(path) is { Content: { } content } ? $"213 {content.Length}" : "550 no such file");
                break;
            case "MDTM":
                Say(
                    _files.Find(path) is { Content: not null } dated
                        ? $"213 {dated.Changed.UtcDateTime:yyyyMMddHHmmss}"
                        : "550 no such file");
                break;
            case "REST":
                Say(long.TryParse(rest, out _restart) && _restart >= 0 ? $"350 from {_restart}" : "501 a number");
                break;
            case "DELE" or "MKD" or "XMKD" or "RMD" or "XRMD" or "RNFR" or "RNTO":
                Change(verb, path, now);
                break;
            case "PORT":
                Say(
                    _isExtendedOnly
                        ? "501 EPSV ALL was said"
                        : _data.TrySetPort(rest) ? "200 I shall connect" : "501 an own address and a port from 1024 on");
                break;
            case "EPRT":
                Say(
                    _isExtendedOnly
                        ? "501 EPSV ALL was said"
                        : _data.TrySetExtended(rest) ? "200 I shall connect" : "501 |1 or 2|an own address|a port from 1024 on|");
                break;
            case "PASV":
                Passive();
                break;
            case "EPSV":
                _isExtendedOnly |= rest.Equals("ALL", StringComparison.OrdinalIgnoreCase);
                Say(
                    rest.Equals("ALL", StringComparison.OrdinalIgnoreCase)
                        ? "200 EPSV only"
                        : Listen() is { } port ? $"229 I listen (|||{port}|)" : "425 no port");
                break;
            case "LIST" or "NLST" or "RETR" or "STOR" or "APPE" or "STOU":
                await TransferAsync(verb, rest, cancellationToken);
                break;
            case "ABOR":
                Say("226 there is nothing to abort");
                break;
            case "STAT":
                Say($"211 {call.Remote.Address} is {(IsReader ? "anonymous" : "logged in")}, in {_folder}");
                break;
            default:
                Say("500 no such command");
                break;
        }
    }

    private void Change(string verb, string path, DateTimeOffset now)
    {
        var renamed = _renamed;
        _renamed = null;
        if (IsReader)
        {
            Say("550 anonymous only reads");
            return;
        }

        var done = verb switch
        {
            "DELE" => _files.TryRemove(path, isFolder: false),
            "RMD" or "XRMD" => _files.TryRemove(path, isFolder: true),
            "RNFR" => _files.Find(path) is { Content: not null },
            "RNTO" => renamed is not null && _files.TryMove(renamed, path, now),
            _ => _files.TryMakeFolder(path, now),
        };
        _renamed = done && verb == "RNFR" ? path : null;
        Say(!done ? "550 that cannot be done" : verb switch
        {
            "RNFR" => "350 and the new name?",
            "MKD" or "XMKD" => $"257 \"{path}\"",
            _ => "250 done",
        });
    }

    private void Passive()
    {
        if (_isExtendedOnly || call.Local.AddressFamily != AddressFamily.InterNetwork)
        {
            Say("522 use EPSV");
        }
        else if (Listen() is { } port)
        {
            Say($"227 I listen ({call.Local.Address.ToString().Replace('.', ',')},{port >> 8},{port & 255})");
        }
        else
        {
            Say("425 no port");
        }
    }

    private int? Listen()
    {
        try
        {
            return _data.Listen();
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private async Task TransferAsync(string verb, string rest, CancellationToken cancellationToken)
    {
        var isStore = verb is "STOR" or "APPE" or "STOU";
        if (isStore && IsReader)
        {
            Say("550 anonymous only reads");
            return;
        }

        // "ls -l" of clients that think of a shell.
        var name = verb is "LIST" or "NLST" && rest.StartsWith('-')
            ? string.Join(' ', rest.Split(' ').SkipWhile(static w => w.StartsWith('-')))
            : rest;
        var path = FileTree.Resolve(_folder, name);
        var transfer = new FtpTransfer(_talk, _files, _data, _isText);
        var start = _restart;
        _restart = 0;
        Say(await (isStore
            ? transfer.StoreAsync(path, isAppending: verb == "APPE", call.Host.Time, cancellationToken)
            : verb == "RETR"
            ? transfer.SendFileAsync(path, start, cancellationToken)
            : transfer.ListAsync(path, hasDetails: verb == "LIST", cancellationToken)));
    }

    private void Say(string answer)
    {
        _errors += answer[0] == '5' ? 1 : 0;
        _talk.WriteLine(answer);
    }
}
