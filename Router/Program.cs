using Router.Serving;

SocketThreads.RunContinuations();
return await Router.Cli.RouterCommand.InvokeAsync(args);
